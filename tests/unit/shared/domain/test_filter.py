"""What a filter may be; tests/contract/test_filters.py has how calls refuse what it may not be."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from shared.domain.filter import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, AnyOf, Filter, InRange
from shared.domain.filter_fields import MAX_METADATA_VALUES, MAX_PATH, kind_of, micros, whole
from tests.filters import filters


def refusal(given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Filter.model_validate(given)
    return str(refused.value.errors()[0]["msg"])


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"folder": "/a"}
    for _ in range(depth):
        found = {"must": [found]}
    return found


@given(wanted=filters())
def test_a_job_keeps_its_filter(wanted: Filter) -> None:
    assert Filter.model_validate_json(wanted.model_dump_json()) == wanted


def test_values_keep_their_kinds() -> None:
    given = {"must": [{"field": "metadata.a", "any": [True, 1, 1.0, "1"]}]}
    read = Filter.model_validate_json(Filter.model_validate(given).model_dump_json())
    (condition,) = read.must
    assert isinstance(condition, AnyOf)
    assert [type(value) for value in condition.any] == [bool, int, float, str]


def test_an_empty_filter_has_no_condition() -> None:
    assert Filter().empty
    assert Filter.model_validate({"must": [], "should": []}).empty
    assert not Filter.model_validate({"must_not": [{"folder": "/a"}]}).empty


def test_limits() -> None:
    condition = {"folder": "/a"}
    assert Filter.model_validate(nested(MAX_DEPTH))
    assert "nested deeper" in refusal(nested(MAX_DEPTH + 1))
    assert Filter.model_validate({"must": [condition] * MAX_CONDITIONS})
    halves = {"must": [condition] * (MAX_CONDITIONS - 1), "should": [condition] * 2}
    assert f"{MAX_CONDITIONS} conditions" in refusal(halves)
    assert "at most 100" in refusal({"must": [condition] * (MAX_CONDITIONS + 1)})
    ids = {"field": "id", "any": ["a"] * MAX_VALUES}
    assert Filter.model_validate({"must": [ids]})
    assert f"{MAX_VALUES} values" in refusal({"must": [ids], "should": [{**ids, "any": ["a"]}]})
    many = {"field": "metadata.a", "any": [1] * (MAX_METADATA_VALUES + 1)}
    assert f"{MAX_METADATA_VALUES} values" in refusal({"must": [many]})


@pytest.mark.parametrize(
    "ends",
    [
        {"gt": 5, "lt": 6},
        {"gte": 5, "lt": 5},
        {"gt": 5, "lte": 5},
        {"gte": 6, "lte": 5},
        {"gte": 6.0, "lte": 5},
    ],
)
def test_ranges_without_a_whole_number_are_empty(ends: dict[str, Any]) -> None:
    assert "range is empty" in refusal({"must": [{"field": "width", "range": ends}]})


@pytest.mark.parametrize(
    ("field", "ends"),
    [
        ("width", {"gt": 5, "lt": 7}),
        ("width", {"gte": 5, "lte": 5.0}),
        ("metadata.a", {"gt": 5, "lt": 6}),
        ("metadata.a", {"gte": "a", "lte": "a"}),
        ("modified_at", {"gte": "2024-01-01T00:00:00Z", "lte": "2024-01-01T01:00:00+01:00"}),
        ("added_at", {"gt": "2024-01-01T00:00:00Z", "lte": None}),
    ],
)
def test_ranges_that_hold_something(field: str, ends: dict[str, Any]) -> None:
    (condition,) = Filter.model_validate({"must": [{"field": field, "range": ends}]}).must
    assert isinstance(condition, InRange)
    assert set(condition.range.given()) == {name for name, end in ends.items() if end is not None}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"field": "width", "any": [True]}, "any[0] must be a whole number, not True"),
        ({"field": "width", "any": [1, 1.5]}, "any[1] must be a whole number, not 1.5"),
        ({"field": "bytes", "range": {"lt": 2**63}}, "range.lt must be a number of 64 bits"),
        ({"field": "metadata.a", "any": [2**53 + 1]}, "any[0] must lie within ±2^53"),
        ({"field": "metadata.a", "range": {"lt": True}}, "not a truth value"),
        ({"field": "added_at", "any": [1700000000]}, "with its time zone"),
        ({"field": "added_at", "any": ["yesterday"]}, "such as 2024-08-01T12:30:00Z"),
        ({"field": "tags", "any": ["\ud800"]}, "valid Unicode"),
        ({"field": "metadata.a", "any": [float("nan")]}, "finite number"),
        ({"field": "metadata.a", "any": [None]}, "a string, a number or a truth value"),
        ({"field": "metadata.a", "any": [{}]}, "a string, a number or a truth value"),
        ({"folder": "/\udcff"}, "valid string"),
        ({"field": "tags", "exists": "yes"}, "valid boolean"),
        ({"field": "vector", "exists": True}, "no field 'vector'"),
        ({"field": "mtime_ns", "exists": True}, "no field 'mtime_ns'"),
    ],
)
def test_values_of_another_kind_are_refused(condition: dict[str, Any], reason: str) -> None:
    assert reason in refusal({"must": [condition]})


@pytest.mark.parametrize(
    "field",
    ["metadata.", "metadata.a..b", "metadata.0", "metadata.a\nb", 'metadata.a"] == 1 or ["'],
)
def test_names_that_a_store_would_read_otherwise_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="is no name that a filter can go by"):
        kind_of(field)


def test_a_path_has_an_end() -> None:
    assert kind_of("metadata" + ".a" * MAX_PATH) == "json"
    with pytest.raises(ValueError, match="deeper"):
        kind_of("metadata" + ".a" * (MAX_PATH + 1))


def test_numbers_and_times() -> None:
    assert whole(5.0) == 5
    assert micros("1970-01-01T00:00:00.000001Z") == 1
    assert micros("1969-12-31T23:59:59Z") == -1_000_000
    assert micros("9999-12-31T23:59:59.999999-12:00") > 0


def test_a_digest_may_be_in_capitals() -> None:
    given = {"must": [{"field": "sha256", "any": ["AB" * 32]}]}
    (condition,) = Filter.model_validate(given).must
    assert isinstance(condition, AnyOf)
    assert condition.any == ("ab" * 32,)
