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


class Edition(Frozen):
    """All rows of a collection with the vectors of one fingerprint, under one index.

    `home` is the Milvus collection that they are in; "" for the one of the collection's own name,
    where those are that it was created with. `job` is the re-encoding that makes it, or put another
    one in its place.
    """

    home: str = ""
    fingerprint: str
    pooling: Pooling
    index: IndexSpec
    job: str = ""


class CollectionIdentity(Frozen):
    """What a collection's vectors are: cheap to ask, and fixed until they are encoded anew.

    `generation` is that of no earlier or later collection of the same name, and stays when it is
    encoded anew; "" for collections that a version without generations created. With `regions`
    there are vectors of the parts of the pictures, too (`shared.domain.regions`). `home` as in
    `Edition`. While it is encoded anew, `next` is the edition that is made beside this one, and has
    every write, too.
    """

    name: str
    generation: str = ""
    fingerprint: str
    weights: str
    pooling: Pooling
    regions: bool = False
    index: IndexSpec = IndexSpec(type="AUTOINDEX")
    home: str = ""
    next: Edition | None = None

    @property
    def rows(self) -> str:
        """The Milvus collection that the rows are in."""
        return self.home or self.name

    @property
    def edition(self) -> str:
        """What names these vectors among all: of no other collection, and of no other encoding."""
        return self.home or self.generation

    def rows_of(self, edition: Edition) -> str:
        """The Milvus collection that an edition's rows are in."""
        return edition.home or self.name

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
    #: The edition before this one, for as long as it is kept.
    kept: Edition | None = None
    state: Literal["loaded", "loading", "not_loaded"]
