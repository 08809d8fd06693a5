"""One picture to encode at once, for a search."""

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.fingerprint import Pooling


class Crop(Frozen):
    """A part of the upright picture, in fractions of its width and height (0 to 1)."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class Query(Frozen):
    """One picture to encode at once; its bytes wait in Redis under the query's id."""

    id: str
    pooling: Pooling
    crop: Crop | None = None
    deadline: float


class QueryReply(Frozen):
    """A query's vector, or why there is none (a picture's code and reason)."""

    vector: tuple[float, ...] | None = None
    weights: str = ""
    seconds: float = 0.0
    code: str | None = None
    reason: str | None = None
