"""The fields that a filter may name, and the values that each takes."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

#: What a field holds: `micros` and `nanos` are times, as Unix microseconds and nanoseconds. A
#: `fact_…` is one of the picture's facts, which not every picture has.
Kind = Literal[
    "text",
    "uri",
    "tags",
    "whole",
    "micros",
    "nanos",
    "json",
    "fact_text",
    "fact_time",
    "fact_float",
]
#: What a picture may lack, and is compared with each row by itself.
OPTIONAL: frozenset[Kind] = frozenset({"json", "fact_text", "fact_time", "fact_float"})
#: Those of which there is a range.
ORDERED: frozenset[Kind] = frozenset(
    {"whole", "micros", "nanos", "json", "fact_time", "fact_float"}
)
#: Those whose values lie a whole step apart.
STEPPED: frozenset[Kind] = frozenset({"whole", "micros", "nanos", "fact_time"})
#: Characters of a string that something is compared with.
MAX_TEXT = 4096

FIELDS: dict[str, Kind] = {
    "id": "text",
    "uri": "uri",
    "sha256": "text",
    "format": "text",
    "tags": "tags",
    "width": "whole",
    "height": "whole",
    "bytes": "whole",
    "added_at": "micros",
    "modified_at": "nanos",
    "job": "text",
    "taken_at": "fact_time",
    "camera": "fact_text",
    "lens": "fact_text",
    "gps.lat": "fact_float",
    "gps.lon": "fact_float",
}
METADATA = "metadata"
#: Names below `metadata` that one field may go down.
MAX_PATH = 8
#: Values that one condition on metadata or facts may have: each is compared with each row.
MAX_METADATA_VALUES = 100

#: A server of Milvus 2.3 reads a path between its brackets and quotes as it stands, and takes
#: digits for a place in a list.
_KEY = re.compile(r"[^\x00-\x1f\x7f\"'\\\[\]~/.]+")
_DIGITS = re.compile(r"\d+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: The smallest int64 has no literal in a server's grammar.
_WHOLE = 2**63 - 1
#: Beyond it, stores differ on whether a whole number equals one with a fraction.
_EXACT = 2**53


def _scalar(value: Any) -> Any:
    """One value, of whatever kind: pydantic would list what is wrong for each of them."""
    if not isinstance(value, bool | int | float | str):
        raise ValueError("must be a string, a number or a truth value")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ValueError(f"must not be longer than {MAX_TEXT} characters")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("must be valid Unicode") from None
    return value


Value = Annotated[
    bool | int | float | str,
    PlainValidator(_scalar, json_schema_input_type=bool | int | float | str),
]


def kind_of(field: str) -> Kind:
    """What a field holds. Raises ValueError, naming the remedy, where there is no such field."""
    if field in FIELDS:
        return FIELDS[field]
    name, *path = field.split(".")
    if name != METADATA or not path:
        known = ", ".join([*FIELDS, f"{METADATA}.<name>"])
        raise ValueError(f"there is no field {field!r}; the fields are {known}")
    if len(path) > MAX_PATH:
        raise ValueError(f"{field!r} goes deeper than {MAX_PATH} names; filter by one above it")
    for key in path:
        if not _KEY.fullmatch(key) or _DIGITS.fullmatch(key):
            raise ValueError(
                f"{key!r} is no name that a filter can go by; names are neither empty nor digits "
                "alone, without control characters and \" ' \\ [ ] ~ / ."
            )
    return "json"


def metadata_path(field: str) -> tuple[str, ...]:
    """The names that a field of metadata goes down."""
    return tuple(field.split(".")[1:])


def check_values(kind: Kind, values: Sequence[Value]) -> None:
    """Raise ValueError, naming the value's place, unless a field may have these values."""
    if kind in OPTIONAL and len(values) > MAX_METADATA_VALUES:
        raise ValueError(
            f"any: metadata and facts are compared with up to {MAX_METADATA_VALUES} values"
        )
    for place, value in enumerate(values):
        try:
            check_value(kind, value)
        except ValueError as error:
            raise ValueError(f"any[{place}] {error}") from None


def check_value(kind: Kind, value: Value) -> None:
    """Raise ValueError, saying what it must be, unless a field may have this value."""
    if kind in ("micros", "nanos", "fact_time"):
        micros(value)
    elif kind == "whole":
        whole(value)
    elif kind == "fact_float":
        if isinstance(value, bool | str) or abs(value) > _EXACT:
            raise ValueError(f"must be a number of degrees, not {value!r}")
    elif kind == "json":
        if isinstance(value, int | float) and abs(value) > _EXACT:
            raise ValueError("must lie within ±2^53")
    elif not isinstance(value, str):
        raise ValueError(f"must be a string, not {value!r}")


def whole(value: Value) -> int:
    """A value as a whole number. Raises ValueError for any other, or more than 64 bits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {value!r}")
    if abs(value) > _WHOLE:
        raise ValueError("must be a number of 64 bits")
    return value


def micros(value: Value) -> int:
    """A time as Unix microseconds. Raises ValueError for what is no time with a time zone."""
    remedy = "must be a time with its time zone, such as 2024-08-01T12:30:00Z"
    if not isinstance(value, str):
        raise ValueError(f"{remedy}, not {value!r}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{remedy}, not {value!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"{remedy}, not {value!r}")
    try:
        return (moment - _EPOCH) // _MICROSECOND
    except OverflowError:
        raise ValueError(f"{remedy}, not {value!r}") from None
