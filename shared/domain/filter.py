"""A filter over the images of a collection: conditions on their fields, joined and nested."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, StrictBool, Tag, model_validator

from shared.domain.base import Frozen
from shared.domain.filter_fields import (
    ORDERED,
    STEPPED,
    Kind,
    Value,
    check_value,
    check_values,
    kind_of,
    micros,
    whole,
)

#: Limits of one filter: how deep filters may nest, and what they may hold together.
MAX_DEPTH = 5
MAX_CONDITIONS = 100
MAX_VALUES = 1000
#: Begins the names of alternatives in the place of an error, where a reader has no use for them.
ALTERNATIVE = "<"

_KEYS = ("any", "range", "exists", "folder")
_JOINS = ("must", "should", "must_not")


class _Part(Frozen):
    """A part of a filter; unknown names are refused, so that a typo does not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class _OnField(_Part):
    field: str = Field(
        max_length=1000,
        description="`id`, `uri`, `sha256`, `format`, `tags`, `width`, `height`, `bytes`, "
        "`added_at`, `modified_at`, `job`; `taken_at`, `camera`, `lens`, `gps.lat`, `gps.lon`, "
        "which not every image has; or a name in the metadata: `metadata.album.name`.",
        examples=["tags", "width", "metadata.rating"],
    )

    @property
    def kind(self) -> Kind:
        """What the field holds."""
        return kind_of(self.field)


class AnyOf(_OnField):
    """The field has one of these values; a list, such as the tags, has one of them at least."""

    any: tuple[Value, ...] = Field(
        min_length=1,
        max_length=MAX_VALUES,
        description="Times are RFC 3339; a `uri` may be an absolute path.",
    )

    @model_validator(mode="before")
    @classmethod
    def _lower_digests(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("field") == "sha256":
            values = given.get("any")
            if isinstance(values, list | tuple):
                lowered = [v.lower() if isinstance(v, str) else v for v in values]
                return {**given, "any": lowered}
        return given

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_values(self.kind, self.any)
        return self


class Bounds(_Part):
    """The ends of a range: greater than, greater or equal, less than, less or equal."""

    gt: Value | None = None
    gte: Value | None = None
    lt: Value | None = None
    lte: Value | None = None

    def given(self) -> dict[str, Value]:
        """The ends that there are, by name."""
        named = {name: getattr(self, name) for name in ("gt", "gte", "lt", "lte")}
        return {name: value for name, value in named.items() if value is not None}


class InRange(_OnField):
    """The field is a number or a time in a range; metadata may be a string, too."""

    range: Bounds

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind, ends = self.kind, self.range.given()
        if kind not in ORDERED:
            raise ValueError(f"range is for numbers and times; ask for {self.field} by any")
        if not ends:
            raise ValueError("range holds none of gt, gte, lt, lte; give one or two of them")
        for one, other in (("gt", "gte"), ("lt", "lte")):
            if one in ends and other in ends:
                raise ValueError(f"range holds both {one} and {other}; give one of them")
        for name, value in ends.items():
            try:
                check_value(kind, value)
                if isinstance(value, bool):
                    raise ValueError("must be a number or a string, not a truth value")
            except ValueError as error:
                raise ValueError(f"range.{name} {error}") from None
        self._require_width(kind, ends)
        return self

    def _require_width(self, kind: Kind, ends: dict[str, Value]) -> None:
        """Raise ValueError for a range in which no value lies."""
        if len({isinstance(value, str) for value in ends.values()}) == 2:
            raise ValueError("range goes from a string to a number; give two of a kind")
        points: dict[str, Any] = {name: _point(kind, value) for name, value in ends.items()}
        low, high = points.get("gte", points.get("gt")), points.get("lte", points.get("lt"))
        if low is None or high is None:
            return
        # Of two ends of whole numbers and times that are left out, one step lies between them.
        steps = 0 if "gte" in points and "lte" in points else 1
        stepped = kind in STEPPED
        if stepped and "gt" in points and "lt" in points:
            steps = 2
        empty = low >= high if steps and not stepped else low > high
        if empty or (stepped and high - low < steps):
            raise ValueError("range is empty: its lower end lies above the upper one")


class Exists(_OnField):
    """Whether the field has a value: an image has tags or a fact, its metadata such a name."""

    exists: StrictBool

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind_of(self.field)
        return self


class InFolder(_Part):
    """The image's file lies in this folder or below it, never in one whose name begins alike."""

    folder: str = Field(
        min_length=1,
        max_length=4096,
        description="An absolute path or a uri.",
        examples=["/photos/2020"],
    )


def _alternative(given: Any) -> str:
    """Which condition is meant, by the name that only it has; a nested filter without any."""
    for key in _KEYS:
        if key in given if isinstance(given, dict) else hasattr(given, key):
            return f"{ALTERNATIVE}{key}"
    # A condition whose other name is misspelt is told what it lacks.
    named = isinstance(given, dict) and "field" in given
    return f"{ALTERNATIVE}{'any' if named else 'filter'}"


def _is_deeper(given: Any, levels: int) -> bool:
    """Whether what may be a filter nests more filters than `levels`; looks no deeper itself."""
    if not isinstance(given, dict):
        return False
    if levels == 0:
        return any(name in given for name in _JOINS)
    inner = (given.get(name) for name in _JOINS)
    lists = (conditions for conditions in inner if isinstance(conditions, list | tuple))
    return any(_is_deeper(c, levels - 1) for conditions in lists for c in conditions)


Condition = Annotated[
    Annotated[AnyOf, Tag("<any")]
    | Annotated[InRange, Tag("<range")]
    | Annotated[Exists, Tag("<exists")]
    | Annotated[InFolder, Tag("<folder")]
    | Annotated["Filter", Tag("<filter")],
    Discriminator(_alternative),
]
Leaf = AnyOf | InRange | Exists | InFolder
Conditions = Annotated[tuple[Condition, ...], Field(max_length=MAX_CONDITIONS)]


class Filter(_Part):
    """All of `must`, at least one of `should` if it has any, and none of `must_not`.

    Each holds conditions or nested filters. Without any it means all images.
    """

    must: Conditions = ()
    should: Conditions = ()
    must_not: Conditions = ()

    @property
    def empty(self) -> bool:
        """Whether it has no condition, so that it means all images."""
        return not (self.must or self.should or self.must_not)

    def leaves(self) -> Iterator[Leaf]:
        """The conditions of this filter and of those nested in it."""
        for condition in (*self.must, *self.should, *self.must_not):
            if isinstance(condition, Filter):
                yield from condition.leaves()
            else:
                yield condition

    @model_validator(mode="before")
    @classmethod
    def _check_depth(cls, given: Any) -> Any:
        if _is_deeper(given, MAX_DEPTH):
            raise ValueError(f"must not be nested deeper than {MAX_DEPTH} filters")
        return given

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in _JOINS:
            for place, condition in enumerate(getattr(self, name)):
                if isinstance(condition, Filter) and condition.empty:
                    raise ValueError(
                        f"{name}[{place}] has no condition; give it any, range, exists, folder, "
                        "must, should or must_not, or leave it out"
                    )
        leaves = list(self.leaves())
        if len(leaves) > MAX_CONDITIONS:
            raise ValueError(f"must not hold more than {MAX_CONDITIONS} conditions in all")
        if sum(len(leaf.any) for leaf in leaves if isinstance(leaf, AnyOf)) > MAX_VALUES:
            raise ValueError(f"must not hold more than {MAX_VALUES} values in all")
        return self


def _point(kind: Kind, value: Value) -> Any:
    if kind in ("micros", "nanos", "fact_time"):
        return micros(value)
    return whole(value) if kind == "whole" else value


Filter.model_rebuild()
