"""A search: what it asks for, the picture that is encoded for it, and what it found."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.fingerprint import Pooling
from shared.domain.image import Hit, ImageFilter

Rerank = Literal["none", "k_reciprocal"]


class Crop(Frozen):
    """A part of the upright picture, in fractions of its width and height (0 to 1)."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class Query(Frozen):
    """One picture to encode at once; its bytes wait in Redis under the query's id.

    They are gone `seconds` after they were put there: no process compares its clock with another's.
    Encoders with other weights than these leave the query alone.
    """

    id: str
    weights: str
    pooling: Pooling
    crop: Crop | None = None
    seconds: float
    #: The request that it is for, and the span in which it waits.
    request_id: str | None = None
    traceparent: str | None = None


class QueryReply(Frozen):
    """A query's vector, or why there is none (a picture's code and reason)."""

    vector: tuple[float, ...] | None = None
    weights: str = ""
    seconds: float = 0.0
    code: str | None = None
    reason: str | None = None


class SearchParameters(Frozen):
    """Which hits a search wants: `top_k` of them after the best `offset`, none below `min_score`.

    `min_score` is a cosine similarity, -1 to 1; of `min_match`, a probability, one is made by
    `shared.domain.match.with_least_score`. `distinct` leaves out all images but the first of equal
    contents. `expand` is the number of neighbours whose mean with the query is searched by,
    `rerank` how the first 200 hits are put into order. `index_params` say how thoroughly the
    collection's index is searched (`shared.store.indexes`); those left out take their defaults.
    """

    top_k: int = 10
    offset: int = 0
    min_score: float | None = None
    min_match: float | None = None
    filter: ImageFilter = ImageFilter()
    distinct: bool = False
    expand: int = 0
    rerank: Rerank = "none"
    index_params: dict[str, int | float] = Field({})


class SearchTimings(NamedTuple):
    """Seconds that a search took. `encode` includes the wait for an encoder; 0 without one."""

    encode: float
    search: float
    total: float


class SearchResult(NamedTuple):
    """Hits, best first, and the fingerprint of the collection whose vectors were compared.

    `vectors` are those of the hits by id, if they were asked for. `regions` says whether pictures'
    regions were searched, too.
    """

    hits: Sequence[Hit]
    fingerprint: str
    timings: SearchTimings
    vectors: Mapping[str, Sequence[float]] | None = None
    regions: bool = False
