"""The indexes over vectors: which Milvus has them, how they are built, how they are searched.

The ranges of parameters are the narrowest of the servers that are supported, 2.3 to 2.6:
https://milvus.io/docs/index-explained.md and the pages of each index.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pymilvus import MilvusClient

from shared.domain.collection import IndexParameter, IndexSpec, IndexType
from shared.errors import InvalidRequest
from shared.store.schema import MAX_WINDOW, METRIC, VECTOR


class _Number(NamedTuple):
    """A whole number, or any number if `fractions`; without a `default` it is of searches."""

    least: int
    most: int
    default: int | None = None
    fractions: bool = False

    def takes(self, value: object) -> bool:
        kinds = (int, float) if self.fractions else (int,)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return self.least <= value <= self.most

    def __str__(self) -> str:
        kind = "a number" if self.fractions else "a whole number"
        return f"{kind} from {self.least} to {self.most}"


class _Word(NamedTuple):
    words: tuple[str, ...]
    default: str

    def takes(self, value: object) -> bool:
        return value in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


class _Switch(NamedTuple):
    default: bool

    def takes(self, value: object) -> bool:
        return isinstance(value, bool)

    def __str__(self) -> str:
        return "true or false"


class _Index(NamedTuple):
    """Parameters by name, the first server (major, minor) that has it, and whether Lite does."""

    build: Mapping[str, _Number | _Word | _Switch]
    search: Mapping[str, _Number]
    since: tuple[int, int]
    lite: bool


#: How many bits a value is quantised to; from the coarsest to the finest.
_PRECISIONS = ("SQ6", "SQ8", "BF16", "FP16", "FP32")
_NLIST = {"nlist": _Number(1, 65_536, 128)}
_GRAPH = {"M": _Number(4, 64, 16), "efConstruction": _Number(8, 512, 200)}
_NPROBE = {"nprobe": _Number(1, 65_536)}
_EF = {"ef": _Number(1, 32_768)}
_REFINE_K = {"refine_k": _Number(1, 100, fractions=True)}
_OLDEST = (2, 3)

_INDEXES: dict[IndexType, _Index] = {
    "FLAT": _Index({}, {}, _OLDEST, lite=True),
    "IVF_FLAT": _Index(_NLIST, _NPROBE, _OLDEST, lite=True),
    "IVF_SQ8": _Index(_NLIST, _NPROBE, _OLDEST, lite=True),
    # One bit a number: of use only if what it finds is looked at again.
    "IVF_RABITQ": _Index(
        {**_NLIST, "refine": _Switch(default=True), "refine_type": _Word(_PRECISIONS, "SQ8")},
        {**_NPROBE, **_REFINE_K, "rbq_query_bits": _Number(0, 8)},
        (2, 6),
        lite=False,
    ),
    "SCANN": _Index(
        {**_NLIST, "with_raw_data": _Switch(default=True)},
        {**_NPROBE, "reorder_k": _Number(1, 32_768)},
        _OLDEST,
        lite=False,
    ),
    "HNSW": _Index(_GRAPH, _EF, _OLDEST, lite=True),
    "HNSW_SQ": _Index(
        {
            **_GRAPH,
            "sq_type": _Word(_PRECISIONS[:-1], "SQ8"),
            "refine": _Switch(default=False),
            "refine_type": _Word(_PRECISIONS, "FP32"),
        },
        {**_EF, **_REFINE_K},
        (2, 5),
        lite=True,
    ),
    "DISKANN": _Index({}, {"search_list": _Number(1, 32_768)}, _OLDEST, lite=False),
    "AUTOINDEX": _Index({}, {}, _OLDEST, lite=True),
}
#: The number in a version, as `v2.6.24` or `v2.3.5-lite`.
_NUMBER = re.compile(r"(\d+)\.(\d+)[.\d]*")
#: milvus-lite takes these parameters and builds the same whatever they say.
_LITE_BUILDS: dict[str, IndexParameter] = {"sq_type": "SQ8", "refine": False}


def is_lite(version: str) -> bool:
    """Whether a server's version is that of milvus-lite."""
    return version.startswith("milvus_lite")


def complete_index(spec: IndexSpec) -> IndexSpec:
    """The index with its defaults filled in. Raises InvalidRequest `invalid_index`."""
    known = _INDEXES[spec.type].build
    for name, value in spec.params.items():
        if name not in known:
            takes = ", ".join(known) or "none"
            raise _invalid(f"{spec.type} has no parameter {name!r}; it takes {takes}.")
        if not known[name].takes(value):
            raise _invalid(f"{name} of {spec.type} is {known[name]}.")
    params: dict[str, Any] = {name: limits.default for name, limits in known.items()} | spec.params
    if "refine" in params:
        _check_refinement(spec, params)
    return IndexSpec(type=spec.type, params=params)


def _check_refinement(spec: IndexSpec, params: dict[str, Any]) -> None:
    if not params["refine"]:
        del params["refine_type"]
        if "refine_type" in spec.params:
            raise _invalid("refine_type counts only with refine: true; set it, or leave it out.")
        return
    coarse, fine = params.get("sq_type"), params["refine_type"]
    if coarse and _PRECISIONS.index(fine) <= _PRECISIONS.index(coarse):
        raise _invalid(f"refine_type {fine} is no finer than sq_type {coarse}; choose a finer one.")


def require_index(spec: IndexSpec, version: str) -> None:
    """Raise InvalidRequest `index_unavailable` if a server of this version has no such index.

    `spec` is complete. milvus-lite would take any type and fail when it is searched. A version
    that says no number is taken to be a new one.
    """
    if is_lite(version):
        if not _INDEXES[spec.type].lite:
            raise _unavailable("milvus-lite", spec.type, version, "run a Milvus server for it")
        for name, value in _LITE_BUILDS.items():
            if spec.params.get(name, value) != value:
                raise InvalidRequest(
                    "index_unavailable",
                    f"milvus-lite builds {spec.type} with {name} {str(value).lower()} only; leave "
                    f"{name} out, or run a Milvus server.",
                )
        return
    major, minor = since = _INDEXES[spec.type].since
    found = _NUMBER.search(version)
    if found and _version(version) < since:
        remedy = f"run Milvus {major}.{minor} or newer for it"
        raise _unavailable(f"Milvus {found[0]}", spec.type, version, remedy)


def _unavailable(server: str, wanted: str, version: str, remedy: str) -> InvalidRequest:
    lite, found = is_lite(version), _version(version)
    there = [
        name for name, index in _INDEXES.items() if (index.lite if lite else found >= index.since)
    ]
    return InvalidRequest(
        "index_unavailable",
        f"{server} has no index {wanted}: choose one of {', '.join(there)}, or {remedy}.",
    )


def _version(text: str) -> tuple[int, int]:
    """Major and minor; of a text that says none, those of a server that has everything."""
    found = _NUMBER.search(text)
    return (int(found[1]), int(found[2])) if found else (9, 0)


def vector_index(spec: IndexSpec) -> Any:
    """The index on the vectors, as pymilvus takes it."""
    # milvus-lite reads the parameters only where they are nested once more.
    params = {**spec.params, "params": dict(spec.params)}
    return MilvusClient.prepare_index_params(
        VECTOR, index_name=VECTOR, index_type=spec.type, metric_type=METRIC, params=params
    )


def require_search_params(spec: IndexSpec, given: Mapping[str, int | float]) -> None:
    """Raise InvalidRequest `invalid_search_params` if the index has no such search parameters."""
    known = dict(_INDEXES[spec.type].search)
    if not spec.params.get("refine"):
        known.pop("refine_k", None)
    for name, value in given.items():
        if name not in known:
            takes = ", ".join(known) or "none"
            raise _invalid_search(
                f"The collection's index, {spec.type}, has no search parameter {name!r}; it takes "
                f"{takes}."
            )
        if not known[name].takes(value):
            raise _invalid_search(f"{name} of {spec.type} is {known[name]}.")


def search_params(limit: int, given: Mapping[str, int | float] | None = None) -> dict[str, Any]:
    """How thoroughly to search: each index type reads the parameters that are its own.

    HNSW, DISKANN and SCANN must look at `limit` images at least, whatever is `given`; IVF at the
    default reads an eighth of the lists. DISKANN takes no more than ten times the limit.
    """
    wide = min(max(128, limit + limit // 2), 2 * MAX_WINDOW)
    few = limit <= 256
    defaults: dict[str, Any] = {
        "ef": wide,
        "nprobe": 16 if few else 128,
        "refine_k": 4 if few else 2,
        "reorder_k": wide,
        "search_list": wide,
    }
    params = {**defaults, **(given or {})}
    for name in ("ef", "reorder_k", "search_list"):
        params[name] = max(limit, params[name])
    params["search_list"] = min(params["search_list"], max(200, 10 * limit))
    return params


def _invalid(detail: str) -> InvalidRequest:
    return InvalidRequest("invalid_index", detail)


def _invalid_search(detail: str) -> InvalidRequest:
    return InvalidRequest("invalid_search_params", detail)
