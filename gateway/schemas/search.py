"""Searches over HTTP."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.schemas.fields import BLANK_IS_NONE, Input, Region, Tag
from gateway.schemas.filters import (
    FILTER_DESCRIPTION,
    FILTER_EXAMPLE,
    MAX_FILTER_LENGTH,
    parse_filter,
)
from gateway.schemas.images import EXAMPLE_IMAGE
from gateway.schemas.urls import UrlBuilder
from shared.domain import query as domain
from shared.domain.filter import Filter
from shared.domain.fingerprint import DIMENSION
from shared.domain.image import Hit, ImageFilter
from shared.domain.match import MatchCurve, curve_of
from shared.domain.regions import REGIONS

MAX_TOP_K = 1000
#: Milvus reads offset + limit up to 16,384 rows deep.
MAX_OFFSET = 10_000
MAX_EXPAND = 50

TopK = Annotated[int, Field(ge=1, le=MAX_TOP_K, description="Hits wanted.")]
Offset = Annotated[int, Field(ge=0, le=MAX_OFFSET, description="Best hits to leave out.")]
MinScore = Annotated[float, Field(ge=-1, le=1, description="Least score of a hit.")]
MinMatch = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="Least match of a hit. 422 `no_match_curve` where the hits have none.",
    ),
]
PathPrefix = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4096,
        description="Only pictures in this folder and below, given as an absolute path or a uri.",
    ),
]
FilterTag = Annotated[Tag, Field(description="Only pictures with this tag.")]
FilterText = Annotated[
    str,
    Field(max_length=MAX_FILTER_LENGTH, description=FILTER_DESCRIPTION, examples=[FILTER_EXAMPLE]),
]
Distinct = Annotated[bool, Field(description="Of images with equal contents only the first.")]
Expand = Annotated[
    int,
    Field(
        ge=0,
        le=MAX_EXPAND,
        description="Average query expansion: search by the mean of the query and its n nearest "
        "hits, weighed by their cosines cubed. Scores are to that mean.",
    ),
]
Rerank = Annotated[
    domain.Rerank,
    Field(
        description="`k_reciprocal`: the first 200 hits in the order of Zhong et al. 2017, which "
        "puts those first that are among each other's nearest. Scores stay what they are."
    ),
]


class SearchOptions(BaseModel):
    """What every search takes."""

    top_k: TopK = 10
    offset: Offset = 0
    min_score: Annotated[MinScore | None, BLANK_IS_NONE] = None
    min_match: Annotated[MinMatch | None, BLANK_IS_NONE] = None
    tag: Annotated[FilterTag | None, BLANK_IS_NONE] = None
    path_prefix: Annotated[PathPrefix | None, BLANK_IS_NONE] = None
    distinct: Distinct = False
    expand: Expand = 0
    rerank: Rerank = "none"

    def _parameters(self, where: Filter | None) -> domain.SearchParameters:
        return domain.SearchParameters(
            top_k=self.top_k,
            offset=self.offset,
            min_score=self.min_score,
            min_match=self.min_match,
            filter=ImageFilter(tag=self.tag, path_prefix=self.path_prefix, where=where),
            distinct=self.distinct,
            expand=self.expand,
            rerank=self.rerank,
        )


class SimilarOptions(SearchOptions):
    """The query parameters of a search by a stored image."""

    filter: FilterText | None = None

    def parameters(self) -> domain.SearchParameters:
        """The same as the search service takes it. Raises RequestValidationError."""
        return self._parameters(parse_filter(self.filter, "query", "filter"))


SearchQuery = Annotated[SimilarOptions, Query()]


def _normalise(vector: list[float]) -> list[float]:
    if not all(map(math.isfinite, vector)):
        raise ValueError("must hold finite numbers only")
    norm = math.hypot(*vector)
    if not 0 < norm < math.inf:
        raise ValueError("must have a length that is neither zero nor beyond float64")
    return [x / norm for x in vector]


UnitVector = Annotated[
    list[float],
    Field(
        min_length=DIMENSION,
        max_length=DIMENSION,
        description="512 numbers of any length but zero; only their direction counts.",
    ),
    AfterValidator(_normalise),
]


class VectorSearch(SearchOptions, Input):
    model_config = ConfigDict(
        json_schema_extra={"example": {"vector": [0.0442] * DIMENSION, "top_k": 5}}
    )

    vector: UnitVector
    filter: Filter = Filter()

    def parameters(self) -> domain.SearchParameters:
        """The same as the search service takes it."""
        return self._parameters(self.filter)


class SearchHit(BaseModel):
    """One image that looks alike."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "score": 0.9731,
                "distance": 0.2319,
                "match": 0.9987,
                **{
                    key: EXAMPLE_IMAGE[key]
                    for key in ("id", "uri", "width", "height", "format", "bytes", "tags")
                },
                "metadata": EXAMPLE_IMAGE["metadata"],
                "content_url": EXAMPLE_IMAGE["content_url"],
                "thumbnail_url": EXAMPLE_IMAGE["thumbnail_url"],
            }
        }
    )

    id: str
    score: float = Field(
        description="Cosine similarity, -1 to 1; larger is more alike. Of `best_score` its score."
    )
    distance: float = Field(
        description="Euclidean distance of unit vectors; smaller is more. With `best_score`, that "
        "to the nearest positive example, or to the nearest negative one without any."
    )
    match: float | None = Field(
        description="Probability, 0 to 1, that this is the same picture edited: re-encoded, "
        "scaled, cropped, framed, recoloured. By the score, with a curve for these vectors; null "
        "where there is none."
    )
    uri: str
    width: int
    height: int
    format: str
    bytes: int
    tags: list[str]
    metadata: dict[str, Any]
    content_url: str
    thumbnail_url: str
    vector: list[float] | None = Field(None, description="512 floats, if they were asked for.")
    region: Region | None = Field(
        None,
        description="The part of the picture that the score is of, in a collection with regions, "
        "where that is more alike than the whole picture; otherwise left out.",
    )

    @classmethod
    def of(
        cls,
        hit: Hit,
        collection: str,
        urls: UrlBuilder,
        curve: MatchCurve | None,
        vectors: Mapping[str, Sequence[float]] | None = None,
    ) -> Self:
        wanted = {"id", "uri", "width", "height", "format", "bytes", "tags", "metadata"}
        # One that nobody asked for is left out of the reply.
        given: dict[str, Any] = {} if vectors is None else {"vector": vectors.get(hit.row.id)}
        if hit.region is not None:
            given["region"] = Region(**REGIONS[hit.region].model_dump())
        return cls(
            **given,
            **hit.row.model_dump(include=wanted),
            score=hit.score,
            distance=hit.distance,
            match=None if curve is None else curve.match(hit.score),
            content_url=urls.content(collection, hit.row),
            thumbnail_url=urls.thumbnail(collection, hit.row),
        )


class TookMs(BaseModel):
    """Milliseconds spent; `encode` includes the wait for an encoder; 0 if none was used."""

    encode: float
    search: float
    total: float

    @classmethod
    def of(cls, timings: domain.SearchTimings) -> Self:
        return cls(**{stage: round(s * 1000, 3) for stage, s in timings._asdict().items()})


class SearchReply(BaseModel):
    hits: list[SearchHit] = Field(description="Best first.")
    encoder: str = Field(description="Fingerprint of the vectors that were compared.")
    took_ms: TookMs

    @classmethod
    def of(cls, result: domain.SearchResult, collection: str, urls: UrlBuilder) -> Self:
        curve = curve_of(result.fingerprint, regions=result.regions)
        return cls(
            hits=[
                SearchHit.of(hit, collection, urls, curve, result.vectors) for hit in result.hits
            ],
            encoder=result.fingerprint,
            took_ms=TookMs.of(result.timings),
        )
