"""Whether a row matches a filter, as Milvus finds it by the compiled expression."""

import operator
from typing import Any

from shared.domain.filter import AnyOf, Condition, Exists, Filter, InFolder, InRange
from shared.domain.filter_fields import Value, metadata_path, micros, whole
from shared.domain.image import ImageRow
from shared.files.uris import uri_of
from shared.store.facts import stored_fact

_OPERATORS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def matches(row: ImageRow, wanted: Filter) -> bool:
    """Whether a row meets all of `must`, one of `should` if there are any, none of `must_not`."""
    return (
        all(_meets(row, condition) for condition in wanted.must)
        and (not wanted.should or any(_meets(row, condition) for condition in wanted.should))
        and not any(_meets(row, condition) for condition in wanted.must_not)
    )


def lies_in(row: ImageRow, folder: str) -> bool:
    """Whether an image's file lies in a folder or below it, or has this very name."""
    prefix = uri_of(folder)
    below = prefix if prefix.endswith("/") else f"{prefix}/"
    return row.uri == prefix or row.uri.startswith(below)


def _meets(row: ImageRow, wanted: Condition) -> bool:
    match wanted:
        case Filter():
            return matches(row, wanted)
        case InFolder():
            return lies_in(row, wanted.folder)
        case Exists():
            return (_value(row, wanted) not in (None, ())) == wanted.exists
        case AnyOf():
            value = _value(row, wanted)
            items = value if isinstance(value, list | tuple) else [value]
            given = [_given(wanted, value) for value in wanted.any]
            return any(_equal(item, value) for item in items for value in given)
        case InRange():
            value = _value(row, wanted)
            ends = wanted.range.given().items()
            return all(_compares(name, value, _given(wanted, end)) for name, end in ends)


def _value(row: ImageRow, wanted: AnyOf | InRange | Exists) -> Any:
    match wanted.kind:
        case "nanos":
            return row.mtime_ns // 1000
        case "fact_text" | "fact_time" | "fact_float":
            return stored_fact(row.facts, wanted.field)
        case "json":
            found: Any = row.metadata
            for name in metadata_path(wanted.field):
                found = found.get(name) if isinstance(found, dict) else None
            return found
        case _:
            return getattr(row, wanted.field)


def _given(wanted: AnyOf | InRange, value: Value) -> Value:
    match wanted.kind:
        case "uri":
            return uri_of(str(value))
        case "micros" | "nanos" | "fact_time":
            return micros(value)
        case "whole":
            return whole(value)
        case _:
            return value


def _equal(stored: Any, given: Value) -> bool:
    return _sort(stored) is not None and _sort(stored) == _sort(given) and bool(stored == given)


def _compares(name: str, stored: Any, given: Value) -> bool:
    return _sort(stored) == _sort(given) and bool(_OPERATORS[name](stored, given))


def _sort(value: Any) -> type | None:
    """What a value may be compared with, as JSON has it: a truth value is no number."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return float
    return str if isinstance(value, str) else None
