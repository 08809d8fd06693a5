import pytest

from shared.domain.collection import IndexSpec
from shared.domain.image import MAX_METADATA_BYTES, MAX_TAGS, distance_of
from shared.errors import InvalidRequest
from shared.store.rows import check_labels
from shared.store.schema import SCALARS, VECTOR, collection_schema, complete_index, search_params


def test_defaults_are_filled_in() -> None:
    spec = complete_index(IndexSpec(type="HNSW", params={"M": 32}))
    assert spec.params == {"M": 32, "efConstruction": 200}
    assert complete_index(IndexSpec(type="FLAT")).params == {}


@pytest.mark.parametrize(
    "spec",
    [
        IndexSpec(type="HNSW", params={"M": 1}),
        IndexSpec(type="HNSW", params={"nlist": 8}),
        IndexSpec(type="IVF_FLAT", params={"nlist": 0}),
        IndexSpec(type="FLAT", params={"M": 16}),
    ],
)
def test_parameters_that_milvus_would_refuse_later_are_refused_now(spec: IndexSpec) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        complete_index(spec)
    assert refusal.value.code == "invalid_index"


def test_every_field_is_a_scalar_or_the_vector() -> None:
    assert [field.name for field in collection_schema().fields] == [*SCALARS, VECTOR]


def test_the_search_is_at_least_as_wide_as_its_limit() -> None:
    assert search_params(10)["ef"] >= 10
    assert search_params(16_384)["ef"] >= 16_384


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
