"""The Milvus schema of a collection, and the indexes that it may have."""

from typing import Any, NamedTuple

from pymilvus import CollectionSchema, DataType, MilvusClient

from shared.domain.collection import IndexSpec, IndexType
from shared.domain.fingerprint import DIMENSION
from shared.domain.image import MAX_TAG_BYTES, MAX_TAGS, MAX_URI_BYTES
from shared.errors import InvalidRequest

METRIC = "COSINE"
VECTOR = "vector"
#: Every field of a row but its vector.
SCALARS = (
    "id",
    "uri",
    "sha256",
    "width",
    "height",
    "bytes",
    "mtime_ns",
    "format",
    "added_at",
    "job",
    "tags",
    "metadata",
)
#: Milvus allows no deeper result: `offset + limit` of a search, `limit` of a query.
MAX_WINDOW = 16_384
#: Rows whose metadata is read at once: at 64 KiB each, of the 100 MB that a server returns.
MAX_JSON_ROWS = 1000


class _Range(NamedTuple):
    default: int
    least: int
    most: int


#: The ranges are those of Milvus 2.3, the narrowest of the servers that are supported.
_INDEXES: dict[IndexType, dict[str, _Range]] = {
    "FLAT": {},
    "IVF_FLAT": {"nlist": _Range(128, 1, 65_536)},
    "IVF_SQ8": {"nlist": _Range(128, 1, 65_536)},
    "HNSW": {"M": _Range(16, 4, 64), "efConstruction": _Range(200, 8, 512)},
    "AUTOINDEX": {},
}
#: Fields that are filtered by, and the index that servers before 2.4 have in INVERTED's place.
SCALAR_INDEXES = {"uri": "Trie", "sha256": "Trie", "added_at": "STL_SORT"}


def complete_index(spec: IndexSpec) -> IndexSpec:
    """The index with its defaults filled in. Raises InvalidRequest `invalid_index`."""
    ranges = _INDEXES[spec.type]
    unknown = sorted(set(spec.params) - set(ranges))
    if unknown:
        known = ", ".join(ranges) or "none"
        raise InvalidRequest(
            "invalid_index", f"{spec.type} has no parameter {unknown[0]!r}; it takes {known}."
        )
    params = {name: spec.params.get(name, limits.default) for name, limits in ranges.items()}
    for name, limits in ranges.items():
        if not limits.least <= params[name] <= limits.most:
            raise InvalidRequest(
                "invalid_index", f"{name} of {spec.type} lies in {limits.least} to {limits.most}."
            )
    return IndexSpec(type=spec.type, params=params)


def collection_schema() -> CollectionSchema:
    """The fields of every collection."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=32)
    schema.add_field("uri", DataType.VARCHAR, max_length=MAX_URI_BYTES)
    schema.add_field("sha256", DataType.VARCHAR, max_length=64)
    schema.add_field("width", DataType.INT64)
    schema.add_field("height", DataType.INT64)
    schema.add_field("bytes", DataType.INT64)
    schema.add_field("mtime_ns", DataType.INT64)
    schema.add_field("format", DataType.VARCHAR, max_length=16)
    schema.add_field("added_at", DataType.INT64)
    schema.add_field("job", DataType.VARCHAR, max_length=64)
    schema.add_field(
        "tags",
        DataType.ARRAY,
        element_type=DataType.VARCHAR,
        max_capacity=MAX_TAGS,
        max_length=MAX_TAG_BYTES,
    )
    schema.add_field("metadata", DataType.JSON)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=DIMENSION)
    return schema


def regions_schema() -> CollectionSchema:
    """The fields of what the regions of a collection's pictures are in.

    `id` is made of the image's and the region's number, `sha256` is the content it was made of.
    """
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=40)
    schema.add_field("image", DataType.VARCHAR, max_length=32)
    schema.add_field("region", DataType.INT64)
    schema.add_field("sha256", DataType.VARCHAR, max_length=64)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=DIMENSION)
    return schema


def vector_index(spec: IndexSpec) -> Any:
    """The index on the vectors, as pymilvus takes it."""
    # milvus-lite reads the parameters only where they are nested once more.
    params = {**spec.params, "params": dict(spec.params)}
    return MilvusClient.prepare_index_params(
        VECTOR, index_name=VECTOR, index_type=spec.type, metric_type=METRIC, params=params
    )


def scalar_index(field: str, index_type: str) -> Any:
    """An index on a field that is filtered by."""
    return MilvusClient.prepare_index_params(field, index_name=field, index_type=index_type)


def search_params(limit: int) -> dict[str, int]:
    """How thoroughly to search: each index type reads the parameter that is its own.

    HNSW must look at `limit` nodes at least; IVF at the default reads an eighth of the lists.
    """
    ef = min(max(128, limit + limit // 2), 2 * MAX_WINDOW)
    nprobe = 16 if limit <= 256 else 128
    return {"ef": ef, "nprobe": nprobe}
