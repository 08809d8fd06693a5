"""Indexes: their parameters, which Milvus has them, how thoroughly they are searched."""

from typing import Any, get_args

import pytest

from shared.domain.collection import IndexSpec, IndexType
from shared.errors import InvalidRequest
from shared.store.indexes import (
    complete_index,
    require_index,
    require_search_params,
    search_params,
    vector_index,
)

KINDS = get_args(IndexType)
LITE, OLD, MIDDLE, NEW = "milvus_lite-3.2.2", "v2.3.5-lite", "2.5.18", "v2.6.24"
GRAPH = {"M": 16, "efConstruction": 200}


def index(kind: str, **params: Any) -> IndexSpec:
    return IndexSpec.model_validate({"type": kind, "params": params})


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        (index("FLAT"), {}),
        (index("HNSW", M=32), {**GRAPH, "M": 32}),
        (index("HNSW_SQ"), {**GRAPH, "sq_type": "SQ8", "refine": False}),
        (
            index("HNSW_SQ", refine=True),
            {**GRAPH, "sq_type": "SQ8", "refine": True, "refine_type": "FP32"},
        ),
        (index("IVF_RABITQ"), {"nlist": 128, "refine": True, "refine_type": "SQ8"}),
        (index("IVF_RABITQ", refine=False), {"nlist": 128, "refine": False}),
        (index("SCANN", with_raw_data=False), {"nlist": 128, "with_raw_data": False}),
    ],
)
def test_defaults_are_filled_in(given: IndexSpec, completed: dict[str, Any]) -> None:
    spec = complete_index(given)
    assert spec.params == completed
    assert complete_index(spec) == spec
    assert IndexSpec.model_validate_json(spec.model_dump_json()) == spec
    (made,) = vector_index(spec)
    assert made.index_type == given.type


@pytest.mark.parametrize(
    ("spec", "detail"),
    [
        (index("HNSW", M=1), "M of HNSW is a whole number from 4 to 64."),
        (index("HNSW", M=True), "M of HNSW is a whole number from 4 to 64."),
        (index("HNSW", M="16"), "M of HNSW is a whole number from 4 to 64."),
        (index("HNSW", nlist=8), "HNSW has no parameter 'nlist'; it takes M, efConstruction."),
        (index("FLAT", M=16), "FLAT has no parameter 'M'; it takes none."),
        (index("IVF_FLAT", nlist=0), "nlist of IVF_FLAT is a whole number from 1 to 65536."),
        (index("HNSW_SQ", sq_type="SQ9"), "sq_type of HNSW_SQ is one of SQ6, SQ8, BF16, FP16."),
        (index("IVF_RABITQ", refine=1), "refine of IVF_RABITQ is true or false."),
        (
            index("HNSW_SQ", refine=True, sq_type="BF16", refine_type="SQ8"),
            "refine_type SQ8 is no finer than sq_type BF16; choose a finer one.",
        ),
        (
            index("IVF_RABITQ", refine=False, refine_type="SQ8"),
            "refine_type counts only with refine: true; set it, or leave it out.",
        ),
    ],
)
def test_parameters_that_milvus_would_refuse_later_are_refused_now(
    spec: IndexSpec, detail: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        complete_index(spec)
    assert (refusal.value.code, refusal.value.detail) == ("invalid_index", detail)


@pytest.mark.parametrize(
    ("version", "missing"),
    [
        (LITE, {"IVF_RABITQ", "SCANN", "DISKANN"}),
        (OLD, {"IVF_RABITQ", "HNSW_SQ"}),
        (MIDDLE, {"IVF_RABITQ"}),
        (NEW, set()),
        ("v3.0.2", set()),
        ("Zilliz Cloud", set()),
    ],
)
def test_an_index_that_a_server_has_not_is_refused(version: str, missing: set[str]) -> None:
    for kind in KINDS:
        spec = complete_index(index(kind))
        if kind not in missing:
            require_index(spec, version)
            continue
        with pytest.raises(InvalidRequest) as refusal:
            require_index(spec, version)
        assert refusal.value.code == "index_unavailable"
        there = ", ".join(name for name in KINDS if name not in missing)
        assert f"has no index {kind}: choose one of {there}, or run " in refusal.value.detail


def test_a_refusal_names_server_and_remedy() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        require_index(complete_index(index("HNSW_SQ")), OLD)
    assert refusal.value.detail == (
        "Milvus 2.3.5 has no index HNSW_SQ: choose one of FLAT, IVF_FLAT, IVF_SQ8, SCANN, HNSW, "
        "DISKANN, AUTOINDEX, or run Milvus 2.5 or newer for it."
    )


@pytest.mark.parametrize("params", [{"sq_type": "SQ6"}, {"refine": True}])
def test_what_milvus_lite_would_pass_over_is_refused(params: dict[str, Any]) -> None:
    spec = complete_index(index("HNSW_SQ", **params))
    require_index(spec, NEW)
    with pytest.raises(InvalidRequest) as refusal:
        require_index(spec, LITE)
    assert refusal.value.code == "index_unavailable"
    (name,) = params
    assert f"leave {name} out, or run a Milvus server" in refusal.value.detail


@pytest.mark.parametrize(
    ("spec", "given"),
    [
        (index("HNSW"), {"ef": 64}),
        (index("IVF_FLAT"), {"nprobe": 1}),
        (index("DISKANN"), {"search_list": 150}),
        (index("SCANN"), {"nprobe": 8, "reorder_k": 100}),
        (index("IVF_RABITQ"), {"nprobe": 8, "rbq_query_bits": 6, "refine_k": 1.5}),
        (index("FLAT"), {}),
    ],
)
def test_search_parameters_of_an_index(spec: IndexSpec, given: dict[str, int | float]) -> None:
    require_search_params(complete_index(spec), given)
    assert search_params(10, given).items() >= given.items()


@pytest.mark.parametrize(
    ("spec", "given", "detail"),
    [
        (index("HNSW"), {"nprobe": 8}, "has no search parameter 'nprobe'; it takes ef."),
        (index("FLAT"), {"ef": 8}, "has no search parameter 'ef'; it takes none."),
        (index("HNSW"), {"ef": 0}, "ef of HNSW is a whole number from 1 to 32768."),
        (index("HNSW"), {"ef": 12.5}, "ef of HNSW is a whole number from 1 to 32768."),
        (
            index("HNSW_SQ"),
            {"refine_k": 2},
            "has no search parameter 'refine_k'; it takes ef.",
        ),
        (
            index("HNSW_SQ", refine=True),
            {"refine_k": 0.5},
            "refine_k of HNSW_SQ is a number from 1 to 100.",
        ),
    ],
)
def test_search_parameters_that_an_index_has_not(
    spec: IndexSpec, given: dict[str, int | float], detail: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        require_search_params(complete_index(spec), given)
    assert refusal.value.code == "invalid_search_params"
    assert refusal.value.detail.endswith(detail)


@pytest.mark.parametrize("limit", [1, 10, 300, 16_384])
@pytest.mark.parametrize("given", [{}, {"ef": 1, "search_list": 1, "reorder_k": 1}])
def test_a_search_is_at_least_as_wide_as_its_limit(limit: int, given: dict[str, int]) -> None:
    params = search_params(limit, given)
    assert min(params["ef"], params["search_list"], params["reorder_k"]) >= limit
    assert max(params["ef"], params["reorder_k"]) <= 2 * 16_384


def test_diskann_looks_at_no_more_than_it_takes() -> None:
    assert search_params(10, {"search_list": 5000})["search_list"] == 200
    assert search_params(100, {"search_list": 5000})["search_list"] == 1000
