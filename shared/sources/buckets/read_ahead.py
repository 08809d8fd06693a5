"""A listing in the order of its keys, of which several folders are asked for at once.

A page of a listing can be asked for only once the one before it is there. So where a page ends
within a folder, the rest of the folder is listed by one thread, while what comes after the folder
is looked for by another. What is ahead is bounded, whatever the bucket has.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import dropwhile
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

from shared.sources.buckets.objects import BucketObject, usable_folder

Page = Sequence[BucketObject]
#: Pages of the objects in a folder (a key without a slash at its end, or '') that come after a key.
ListPages = Callable[[str, str], Iterator[Page]]

#: Folders that are listed ahead, and pages of each.
_FOLDERS, _PAGES = 4, 2
#: Comes after every key that begins alike, as keys are ordered by their bytes.
LAST_KEY = "\U0010ffff"
_LOOK_SECONDS = 0.2

_T = TypeVar("_T")
#: Pages, then None for the end or what was raised.
_Part = Queue[Page | Exception | None]


def read_ahead(pages: ListPages, root: str, after: str) -> Iterator[Page]:
    """All pages of a folder after a key, in order. Raises what `pages` raises.

    `pages` has to list by the bytes of keys, from any key on. One whose first page shows that it
    does not is listed page by page.
    """
    found = pages(root, after)
    first = next(found, None)
    if not first:
        return
    yield first
    keys = [item.key for item in first]
    if keys != sorted(keys) or keys[0] <= after:
        yield from found
        return
    highest = keys[-1]
    for page in _Ahead(pages, root).pages_after(first):
        # An object whose key ends with a slash is listed without it, and so comes after itself.
        new = list(dropwhile(partial(_is_before, highest), page))
        if new:
            yield new
            highest = max(highest, *(item.key for item in new))


class _Ahead:
    def __init__(self, pages: ListPages, root: str) -> None:
        self._pages = pages
        self._root = root
        self._stop = Event()
        self._parts: Queue[_Part | Exception | None] = Queue(_FOLDERS)

    def pages_after(self, page: Page) -> Iterator[Page]:
        """What comes after a page, in order."""
        self._start(self._scout, page)
        try:
            while (part := _got(self._parts)) is not None:
                while (found := _got(part)) is not None:
                    yield found
        finally:
            self._stop.set()

    def _scout(self, page: Page) -> None:
        """Find the folders, each after the one before it."""
        try:
            while page:
                last = max(item.key for item in page)
                folder = _folder(self._root, page[0].key, last)
                rest: _Part = Queue(_PAGES)
                self._start(self._list, rest, folder, last)
                if not self._put(self._parts, rest) or folder == self._root:
                    break
                page = next(self._pages(self._root, f"{folder}/{LAST_KEY}"), ())
                if page:
                    part: _Part = Queue(_PAGES)
                    part.put(page)
                    part.put(None)
                    self._put(self._parts, part)
        except Exception as error:  # noqa: BLE001 - raised where the pages are taken
            self._put(self._parts, error)
        else:
            self._put(self._parts, None)

    def _list(self, part: _Part, folder: str, after: str) -> None:
        try:
            for page in self._pages(folder, after):
                if not self._put(part, page):
                    return
        except Exception as error:  # noqa: BLE001 - raised where the pages are taken
            self._put(part, error)
        else:
            self._put(part, None)

    def _put(self, queue: Queue[_T], item: _T) -> bool:
        """False where nobody takes it any more."""
        while not self._stop.is_set():
            try:
                queue.put(item, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return True
        return False

    def _start(self, run: Callable[..., None], *args: object) -> None:
        Thread(target=run, args=args, name="list", daemon=True).start()


def _is_before(highest: str, item: BucketObject) -> bool:
    return item.key <= highest


def _got(queue: Queue[_T | Exception | None]) -> _T | None:
    found = queue.get()
    if isinstance(found, Exception):
        raise found
    return found


def _folder(root: str, first: str, last: str) -> str:
    """The folder that a page ends in and that the whole page is not in, if there is one.

    Else the lowest folder of all of the page.
    """
    folders = usable_folder(last).split("/")
    others = first.split("/")[:-1]
    shared = 0
    while shared < len(folders) and shared < len(others) and folders[shared] == others[shared]:
        shared += 1
    folder = "/".join(folders[: shared + 1])
    return folder if len(folder) > len(root) else root
