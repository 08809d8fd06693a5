"""Which images of a collection have which content: read once, kept for those that matter."""

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.duplicates import Member, content_key
from shared.store import Neighbours

Words = NDArray[np.uint64]


class Contents:
    """Contents, by `content_key`, with the ids of their images.

    All are kept that several images have, and those of the images that are asked for. Reading takes
    32 bytes of memory for each image of the collection.
    """

    def __init__(self) -> None:
        #: How many images were read.
        self.images = 0
        #: The contents that several images have, with their ids in order.
        self.shared: dict[str, list[str]] = {}
        #: The contents of the images that were asked for.
        self.of_image: dict[str, str] = {}
        self._single: dict[str, str] = {}

    def images_of(self, content: str) -> Sequence[str]:
        """The ids of the images with a content that is kept."""
        return self.shared.get(content) or [self._single[content]]

    def members(self, contents: Iterable[str]) -> list[Member]:
        """All images with these contents."""
        return [Member(image, content) for content in contents for image in self.images_of(content)]

    @classmethod
    def read(
        cls,
        neighbours: Neighbours,
        collection: str,
        wanted: Collection[str],
        between: Callable[[], None],
    ) -> "Contents":
        """Read a collection; `between` is called between two batches.

        `wanted` are ids. Raises NotFound, and what `between` and the retry of `neighbours` raise.
        """
        found = cls()
        ids, keys = bytearray(), bytearray()
        last = ""
        while rows := neighbours.contents_after(collection, last):
            between()
            last = rows[-1][0]
            for image, sha256 in rows:
                key = content_key(sha256)
                ids += bytes.fromhex(image)
                keys += bytes.fromhex(key)
                if image in wanted:
                    found.of_image[image] = key
                    found._single.setdefault(key, image)
        found.images = len(ids) // 16
        found._keep_shared(_words(ids), _words(keys))
        return found

    def _keep_shared(self, ids: Words, keys: Words) -> None:
        order = np.lexsort((ids[:, 1], ids[:, 0], keys[:, 1], keys[:, 0]))
        ordered = keys[order]
        same = np.flatnonzero((ordered[1:] == ordered[:-1]).all(axis=1))
        for place in same.tolist():
            key = ordered[place].tobytes().hex()
            images = self.shared.setdefault(key, [ids[order[place]].tobytes().hex()])
            images.append(ids[order[place + 1]].tobytes().hex())


def _words(packed: bytearray) -> Words:
    """Pairs of numbers, of shape (n, 2), whose bytes and order are those of the 16 bytes."""
    return np.frombuffer(packed, dtype=">u8").reshape(-1, 2)
