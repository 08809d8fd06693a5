"""A query by examples: what hits should be like, and what not."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.domain.query import Crop, SearchParameters

Strategy = Literal["average", "best_score"]


class ImageExample(NamedTuple):
    """A stored image, or a part of it."""

    image: str
    crop: Crop | None = None


class PictureExample(NamedTuple):
    """A picture's bytes, or a part of it."""

    content: bytes
    crop: Crop | None = None


class UrlExample(NamedTuple):
    """A picture at an http or https address, or a part of it."""

    url: str
    crop: Crop | None = None


class VectorExample(NamedTuple):
    """512 floats of unit length."""

    vector: Sequence[float]


Example = ImageExample | PictureExample | UrlExample | VectorExample


class ExampleQuery(NamedTuple):
    """Examples, how they are joined, and which hits are wanted."""

    positive: Sequence[Example]
    negative: Sequence[Example]
    strategy: Strategy
    parameters: SearchParameters
    with_vector: bool = False

    @property
    def stored(self) -> frozenset[str]:
        """The ids of the stored images among the examples."""
        examples = (*self.positive, *self.negative)
        return frozenset(e.image for e in examples if isinstance(e, ImageExample))
