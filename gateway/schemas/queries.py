"""Queries by examples, and counts, over HTTP."""

import base64
import binascii
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    model_validator,
)
from pydantic import (
    Tag as Alternative,
)

from gateway.schemas.fields import EXAMPLE_ID, Address, ImageId, Input
from gateway.schemas.search import Expand, MinMatch, MinScore, Offset, Rerank, TopK, UnitVector
from shared.domain import examples as domain
from shared.domain.filter import ALTERNATIVE, Filter
from shared.domain.image import ImageFilter
from shared.domain.query import Crop, SearchParameters

MAX_EXAMPLES = 100
#: Of the examples, those that an encoder has to look at.
MAX_PICTURES = 16
MAX_QUERIES = 100
EXAMPLE_FILTER: dict[str, Any] = {
    "must": [{"field": "tags", "any": ["summer"]}, {"folder": "/photos/2024"}],
    "must_not": [{"field": "width", "range": {"lt": 640}}],
}
#: A crop may exceed the picture by this much, as clients round the fractions.
_ROUNDING = 1e-6


def _rounded(length: Any) -> Any:
    """A width or a height that is 1 but for rounding, as 1; anything else as it is."""
    return 1.0 if isinstance(length, float) and 1 < length <= 1 + _ROUNDING else length


_Length = Annotated[float, Field(gt=0, le=1), BeforeValidator(_rounded)]


class CropFractions(Input):
    """A part of the upright picture, in fractions of its width and height."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: _Length
    height: _Length

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.x + self.width > 1 + _ROUNDING or self.y + self.height > 1 + _ROUNDING:
            raise ValueError("must lie inside the picture: x + width and y + height up to 1")
        return self

    def domain(self) -> Crop:
        return Crop(**self.model_dump())


def _domain(crop: CropFractions | None) -> Crop | None:
    return None if crop is None else crop.domain()


class ImageExample(Input):
    """An image of the collection, or a part of it; it is left out of the hits."""

    image: ImageId
    crop: CropFractions | None = None

    def example(self) -> domain.Example:
        """The same as the service takes it."""
        return domain.ImageExample(self.image, _domain(self.crop))


class VectorExample(Input):
    """A vector of the caller's own."""

    vector: UnitVector

    def example(self) -> domain.Example:
        """The same as the service takes it."""
        return domain.VectorExample(self.vector)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "must be base64 (RFC 4648), without line ends or a `data:` prefix"
        ) from None


class PictureExample(Input):
    """A picture's bytes in base64, or a part of it."""

    content: Annotated[
        str,
        Field(alias="base64", min_length=1, json_schema_extra={"contentEncoding": "base64"}),
        AfterValidator(lambda text: _decode(text) and text),
    ]
    crop: CropFractions | None = None

    def example(self) -> domain.Example:
        """The same as the service takes it."""
        return domain.PictureExample(_decode(self.content), _domain(self.crop))


class UrlExample(Input):
    """A picture at an address, which the server fetches, or a part of it."""

    url: Address
    crop: CropFractions | None = None

    def example(self) -> domain.Example:
        """The same as the service takes it."""
        return domain.UrlExample(self.url, _domain(self.crop))


def _kind(given: Any) -> str:
    for key in ("vector", "base64", "url"):
        if isinstance(given, dict) and key in given:
            return f"{ALTERNATIVE}{key}"
    return f"{ALTERNATIVE}image"


Example = Annotated[
    Annotated[ImageExample, Alternative("<image")]
    | Annotated[VectorExample, Alternative("<vector")]
    | Annotated[PictureExample, Alternative("<base64")]
    | Annotated[UrlExample, Alternative("<url")],
    Discriminator(_kind),
]
Examples = Annotated[list[Example], Field(max_length=MAX_EXAMPLES)]


class ImageQuery(Input):
    """What hits should be like, what not, and which images are looked at."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "positive": [
                    {"image": EXAMPLE_ID},
                    {"image": EXAMPLE_ID, "crop": {"x": 0, "y": 0, "width": 0.5, "height": 0.5}},
                ],
                "negative": [],
                "filter": EXAMPLE_FILTER,
                "top_k": 5,
                "distinct": True,
            }
        }
    )

    positive: Examples = Field([], description="What hits should be like.")
    negative: Examples = Field([], description="What hits should not be like.")
    strategy: domain.Strategy = Field(
        "average",
        description="`average`: nearest to the mean of the positive examples, moved away from that "
        "of the negative ones (avg(positive) + avg(positive) - avg(negative)). `best_score`: by "
        "the nearest example of all; an image whose nearest one is negative has minus the square "
        "of that cosine for a score. Both as Qdrant's users know them.",
    )
    filter: Filter = Filter()
    top_k: TopK = 10
    offset: Offset = 0
    min_score: MinScore | None = None
    min_match: MinMatch | None = None
    distinct: bool = Field(False, description="Of images with equal contents only the first.")
    expand: Expand = 0
    rerank: Rerank = "none"
    params: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        {},
        description="How thoroughly the collection's index is searched: `ef` of HNSW and HNSW_SQ, "
        "`nprobe` of IVF_FLAT, IVF_SQ8, IVF_RABITQ and SCANN, `search_list` of DISKANN, "
        "`reorder_k` of SCANN, `rbq_query_bits` of IVF_RABITQ, `refine_k` of an index with "
        "refinement. Those left out take their defaults. 422 `invalid_search_params` names what "
        "the index takes.",
        examples=[{"ef": 256}],
    )
    with_vector: bool = Field(False, description="The vector of each hit, too.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [*self.positive, *self.negative]
        if not given:
            raise ValueError("give an example: positive and negative are both empty")
        if not self.positive and self.strategy == "average":
            raise ValueError(
                "average needs a positive example; best_score takes negative ones alone"
            )
        if self.strategy == "best_score" and (self.expand or self.rerank != "none"):
            raise ValueError(
                "expand and rerank need the one query vector that average has; leave them out, "
                "or leave out best_score"
            )
        if len(given) > MAX_EXAMPLES:
            raise ValueError(f"must not hold more than {MAX_EXAMPLES} examples in all")
        encoded = sum(getattr(e, "crop", None) is not None for e in given)
        pictures = (PictureExample, UrlExample)
        encoded += sum(isinstance(e, pictures) and e.crop is None for e in given)
        if encoded > MAX_PICTURES:
            raise ValueError(
                f"must not hold more than {MAX_PICTURES} pictures and crops, which an encoder has "
                "to look at; load the pictures, and name them by their ids"
            )
        return self

    def query(self) -> domain.ExampleQuery:
        """The same as the service takes it."""
        parameters = SearchParameters(
            top_k=self.top_k,
            offset=self.offset,
            min_score=self.min_score,
            min_match=self.min_match,
            filter=ImageFilter(where=self.filter),
            distinct=self.distinct,
            expand=self.expand,
            rerank=self.rerank,
            index_params={
                name: int(value) if value.is_integer() else value
                for name, value in self.params.items()
            },
        )
        positive = [example.example() for example in self.positive]
        negative = [example.example() for example in self.negative]
        return domain.ExampleQuery(positive, negative, self.strategy, parameters, self.with_vector)


class CountQuery(Input):
    """Which images to count; all of them without a filter."""

    model_config = ConfigDict(json_schema_extra={"example": {"filter": EXAMPLE_FILTER}})

    filter: Filter = Filter()


class Count(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"count": 42}})

    count: int = Field(description="Images that match, after every write that has returned.")
