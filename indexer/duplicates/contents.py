"""Which images of a collection have which content: read once, kept as packed arrays."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from shared.domain.duplicates import Member, content_key
from shared.store import Neighbours

#: Ids or names of contents, of 16 bytes each, which are ordered as their hex digits are.
Packed = NDArray[np.void]
Numbers = NDArray[np.int64]
_PACKED = np.dtype("V16")


class Contents:
    """The contents of a collection, numbered in the order of their names (`content_key`).

    They take 56 bytes of memory for each image of the collection, and twice that while they are
    ordered. `ids` are those of all images, in order, and `names` what the content of each is
    called; both of shape (images).
    """

    def __init__(self, ids: Packed, names: Packed) -> None:
        self._ids = ids
        self._names, self._numbers, counts = np.unique(
            names, return_inverse=True, return_counts=True
        )
        #: Images by content, and where those of each content begin.
        self._order = np.argsort(self._numbers, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    @property
    def images(self) -> int:
        """How many images were read."""
        return len(self._ids)

    def shared(self) -> Iterator[list[Member]]:
        """The images of each content that several have, in the order of their ids."""
        for number in np.flatnonzero(np.diff(self._starts) > 1).tolist():
            yield self._members(number)

    def members(self, names: Iterable[str]) -> list[Member]:
        """All images with these contents, which were read."""
        return [member for name in names for member in self._members(self._number(name))]

    def numbers(self, ids: Packed) -> Numbers:
        """The numbers of the contents of images, -1 of those that were not read."""
        if not self.images:
            return np.full(len(ids), -1)
        places = np.minimum(np.searchsorted(self._ids, ids), self.images - 1)
        return np.where(self._ids[places] == ids, self._numbers[places], -1)

    def name(self, number: int) -> str:
        """What a content is called."""
        return _hex(self._names[number])

    @classmethod
    def read(
        cls, neighbours: Neighbours, collection: str, between: Callable[[], None]
    ) -> "Contents":
        """Read a collection; `between` is called between two batches.

        Raises NotFound, and what `between` and the retry of `neighbours` raise.
        """
        ids, names = bytearray(), bytearray()
        last = ""
        while rows := neighbours.contents_after(collection, last):
            between()
            last = rows[-1][0]
            for image, sha256 in rows:
                ids += bytes.fromhex(image)
                names += bytes.fromhex(content_key(sha256))
        return cls(np.frombuffer(ids, _PACKED), np.frombuffer(names, _PACKED))

    def _number(self, name: str) -> int:
        return int(np.searchsorted(self._names, np.frombuffer(bytes.fromhex(name), _PACKED))[0])

    def _members(self, number: int) -> list[Member]:
        places = self._order[self._starts[number] : self._starts[number + 1]]
        name = self.name(number)
        return [Member(_hex(image), name) for image in self._ids[places]]


def _hex(packed: np.void) -> str:
    return packed.tobytes().hex()
