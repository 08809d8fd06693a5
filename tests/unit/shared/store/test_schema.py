import pytest

from shared.domain.image import MAX_METADATA_BYTES, MAX_TAGS, distance_of
from shared.errors import InvalidRequest
from shared.store.rows import check_labels
from shared.store.schema import SCALARS, VECTOR, collection_schema


def test_every_field_is_a_scalar_or_the_vector() -> None:
    assert [field.name for field in collection_schema().fields] == [*SCALARS, VECTOR]


def test_labels_beyond_what_a_row_holds_are_refused() -> None:
    check_labels(["a"] * MAX_TAGS, {"nested": {"ä": [1, None]}})
    for tags, metadata in (
        (["a"] * (MAX_TAGS + 1), {}),
        (["ä" * 129], {}),
        (["\udc00"], {}),
        ([], {"text": "x" * MAX_METADATA_BYTES}),
        ([], {"number": float("nan")}),
        ([], {"\ud800": 1}),
    ):
        with pytest.raises(InvalidRequest):
            check_labels(tags, metadata)


def test_distance_of_unit_vectors() -> None:
    assert distance_of(1.0) == 0.0
    assert distance_of(0.0) == pytest.approx(2**0.5)
    assert distance_of(-1.0) == 2.0
