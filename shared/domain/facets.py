"""The values that a field has in a collection, with counts."""

from typing import NamedTuple

Scalar = bool | int | float | str


class ValueCount(NamedTuple):
    """A value, and how many of the images looked at have it."""

    value: Scalar
    images: int


class FacetCounts(NamedTuple):
    """Values, most frequent first; `complete` says whether all images were looked at."""

    values: list[ValueCount]
    looked_at: int
    complete: bool
