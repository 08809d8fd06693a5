"""A collection: its name, its vectors' identity, its index."""

from typing import Literal

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.fingerprint import Pooling, fingerprint
from shared.errors import collection_replaced, encoder_mismatch

MAX_NAME_LENGTH = 63
COLLECTION_PATTERN = rf"^[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME_LENGTH - 1}}}$"
IndexType = Literal[
    "FLAT",
    "IVF_FLAT",
    "IVF_SQ8",
    "IVF_RABITQ",
    "SCANN",
    "HNSW",
    "HNSW_SQ",
    "DISKANN",
    "AUTOINDEX",
]
#: Of an index's parameters: a number, a switch, or a word.
IndexParameter = int | bool | str


class IndexSpec(Frozen):
    """A vector index and its build parameters; those left out take their defaults."""

    type: IndexType
    params: dict[str, IndexParameter] = Field({})


class CollectionIdentity(Frozen):
    """What a collection's vectors are: cheap to ask, and fixed for the collection's life.

    `generation` is that of no earlier or later collection of the same name; "" for collections
    that a version without generations created. With `regions` there are vectors of the parts of
    the pictures, too (`shared.domain.regions`).
    """

    name: str
    generation: str = ""
    fingerprint: str
    weights: str
    pooling: Pooling
    regions: bool = False
    index: IndexSpec = IndexSpec(type="AUTOINDEX")

    def fits(self, weights: str) -> bool:
        """Whether `weights` make vectors that can be compared with these."""
        return fingerprint(weights, self.pooling) == self.fingerprint

    def require(self, weights: str) -> None:
        """Raise Conflict `encoder_mismatch` unless `weights` make vectors that fit these."""
        if not self.fits(weights):
            raise encoder_mismatch(self.fingerprint, fingerprint(weights, self.pooling))

    def require_generation(self, generation: str | None) -> None:
        """Raise NotFound `collection_replaced` unless this is the collection that is meant.

        None stands for any: jobs that an earlier version queued do not say.
        """
        if generation is not None and generation != self.generation:
            raise collection_replaced(self.name)


class CollectionInfo(CollectionIdentity):
    """A collection. `created_at` in Unix seconds."""

    description: str
    count: int
    created_at: float
    state: Literal["loaded", "loading", "not_loaded"]
