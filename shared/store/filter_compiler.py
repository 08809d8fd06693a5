"""Compiles a filter to an expression that milvus-lite and a server from 2.3 on both read.

What such a server cannot do shapes it: `exists` cannot be joined with `and` unless it is negated,
an array's length can be compared by `==` only, and `in` takes no path into JSON.
"""

from collections.abc import Sequence

from shared.domain.filter import AnyOf, Condition, Exists, Filter, InFolder, InRange
from shared.domain.filter_fields import FIELDS, OPTIONAL, Kind, Value, metadata_path, micros, whole
from shared.domain.image import image_id
from shared.store.expressions import and_, below, check_text, in_, quote, uri_of
from shared.store.facts import fact_path

_ANY, _NONE = 'id != ""', 'id == ""'
_LARGEST = 2**63 - 1
#: Beyond the time of any picture, and exact in JSON.
_LARGEST_TIME = 2**53
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def expression(wanted: Filter) -> str:
    """A filter as Milvus reads it; "" if it means all images. Raises InvalidRequest."""
    return _filter(wanted, negated=False)


def _filter(wanted: Filter, *, negated: bool) -> str:
    return and_(
        *(_condition(condition, negated=negated) for condition in wanted.must),
        _or([_condition(condition, negated=negated) for condition in wanted.should]),
        *(f"not ({_condition(condition, negated=True)})" for condition in wanted.must_not),
    )


def _condition(wanted: Condition, *, negated: bool) -> str:
    match wanted:
        case Filter():
            return _filter(wanted, negated=negated)
        case InFolder():
            return below(uri_of(wanted.folder))
        case Exists():
            return _exists(wanted)
    compared = _any(wanted) if isinstance(wanted, AnyOf) else _range(wanted)
    if negated and wanted.kind in OPTIONAL:
        # Where a comparison with what is missing is unknown, so is its negation.
        return and_(_exists(Exists(field=wanted.field, exists=True)), compared)
    return compared


def _exists(wanted: Exists) -> str:
    if wanted.kind in OPTIONAL:
        absent = f"not (exists {_path(wanted.field)})"
    elif wanted.kind == "tags":
        absent = "array_length(tags) == 0"
    else:
        return _ANY if wanted.exists else _NONE
    return f"not ({absent})" if wanted.exists else absent


def _any(wanted: AnyOf) -> str:
    values = wanted.any
    match wanted.kind:
        case "uri":
            return in_("id", [_id(str(value)) for value in values])
        case "text":
            return in_(wanted.field, map(str, values))
        case "tags":
            return f"array_contains_any(tags, {_list(values)})"
        case "whole":
            return f"{wanted.field} in {_list([whole(value) for value in values])}"
        case "micros":
            return f"{wanted.field} in {_list([micros(value) for value in values])}"
        case "nanos":
            return _or([and_(*_nanos({"gte": value, "lte": value})) for value in values])
        case "fact_text" | "fact_time" | "fact_float":
            path = _path(wanted.field)
            return _or([f"{path} == {_literal(_fact(wanted.kind, value))}" for value in values])
        case "json":
            path = _path(wanted.field)
            equal = [f"{path} == {_literal(value)}" for value in values]
            return _or([*equal, f"json_contains_any({path}, {_list(_in_both_forms(values))})"])


def _range(wanted: InRange) -> str:
    ends = wanted.range.given()
    match wanted.kind:
        case "nanos":
            return and_(*_nanos(ends))
        case "micros":
            numbers: dict[str, Value] = {name: micros(value) for name, value in ends.items()}
            return and_(*_compared(wanted.field, numbers))
        case "whole":
            numbers = {name: whole(value) for name, value in ends.items()}
            return and_(*_compared(wanted.field, numbers))
        case kind:
            facts = {name: _fact(kind, value) for name, value in ends.items()}
            return and_(*_compared(_path(wanted.field), facts))


def _compared(operand: str, ends: dict[str, Value]) -> list[str]:
    return [f"{operand} {_OPERATORS[name]} {_literal(value)}" for name, value in ends.items()]


def _nanos(ends: dict[str, Value]) -> list[str]:
    """Conditions on the files' times, whose nanoseconds no given time has: they are cut off."""
    numbers: dict[str, Value] = {}
    for name, value in ends.items():
        first = micros(value) + (1 if name in ("gt", "lte") else 0)
        bound = max(-_LARGEST, min(_LARGEST, first * 1000))
        numbers["gte" if name in ("gt", "gte") else "lt"] = bound
    return _compared("mtime_ns", numbers)


def _id(given: str) -> str:
    uri = uri_of(given)
    check_text(uri)
    return image_id(uri)


def _path(field: str) -> str:
    """A path into the metadata; its names hold nothing that would have to be escaped."""
    if field in FIELDS:
        return fact_path(field)
    return "metadata" + "".join(f'["{name}"]' for name in metadata_path(field))


def _fact(kind: Kind, value: Value) -> Value:
    """A value as the facts hold it; that of metadata as it is."""
    if kind != "fact_time":
        return value
    return max(-_LARGEST_TIME, min(_LARGEST_TIME, micros(value)))


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value) if isinstance(value, str) else repr(value)


def _list(values: Sequence[Value]) -> str:
    return f"[{','.join(map(_literal, values))}]"


def _in_both_forms(values: Sequence[Value]) -> list[Value]:
    """Values, whole numbers among them once as int and once as float.

    A server compares the items of a list with those of their own type alone, if the values are of
    several types; a number in a list of JSON may have been written as 0 or as 0.0.
    """
    found: list[Value] = []
    for value in values:
        found.append(value)
        if isinstance(value, int) and not isinstance(value, bool):
            found.append(float(value))
        elif isinstance(value, float) and value.is_integer():
            found.append(int(value))
    return found


def _or(conditions: Sequence[str]) -> str:
    return " or ".join(f"({condition})" for condition in conditions)
