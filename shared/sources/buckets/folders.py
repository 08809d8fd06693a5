"""The folders of a bucket, for a person who looks for one."""

from collections.abc import Sequence

from shared.sources.buckets.read_ahead import LAST_KEY, ListPages

#: Requests of one call: each tells of a thousand objects at most.
_REQUESTS = 20


def folders_below(
    pages: ListPages, root: str, after: str, limit: int
) -> tuple[Sequence[str], str | None]:
    """Names of folders directly below a folder, and after which key to go on, or None at the end.

    Where there are many objects beside them there may be fewer than `limit`, or none.
    """
    found: list[str] = []
    begin = len(root) + 1 if root else 0
    for _ in range(_REQUESTS):
        page = next(pages(root, after), ())
        if not page:
            return found, None
        for item in page:
            name, slash, _ = item.key[begin:].partition("/")
            after = item.key
            if not slash or name in ("", ".", ".."):
                continue
            # What else is in it is passed over.
            after = f"{item.key[:begin]}{name}/{LAST_KEY}"
            if not name.startswith(".") and (not found or found[-1] != name):
                found.append(name)
            if len(found) == limit:
                return found, after
    return found, after
