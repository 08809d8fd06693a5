"""A collection: its name, its vectors' identity, its index."""

from typing import Literal

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.fingerprint import Pooling, fingerprint
from shared.errors import encoder_mismatch

MAX_NAME_LENGTH = 63
COLLECTION_PATTERN = rf"^[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME_LENGTH - 1}}}$"
IndexType = Literal["FLAT", "IVF_FLAT", "IVF_SQ8", "HNSW", "AUTOINDEX"]


class IndexSpec(Frozen):
    """A vector index and its build parameters; those left out take their defaults."""

    type: IndexType
    params: dict[str, int] = Field({})


class CollectionIdentity(Frozen):
    """What a collection's vectors are: cheap to ask, and fixed for the collection's life."""

    name: str
    fingerprint: str
    weights: str
    pooling: Pooling

    def require(self, weights: str) -> None:
        """Raise Conflict `encoder_mismatch` unless `weights` make vectors that fit these."""
        made = fingerprint(weights, self.pooling)
        if made != self.fingerprint:
            raise encoder_mismatch(self.fingerprint, made)


class CollectionInfo(CollectionIdentity):
    """A collection. `created_at` in Unix seconds."""

    description: str
    count: int
    created_at: float
    index: IndexSpec
    state: Literal["loaded", "loading", "not_loaded"]
