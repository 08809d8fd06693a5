"""The Milvus schema of a collection, and the indexes over what is filtered by."""

from typing import Any

from pymilvus import CollectionSchema, DataType, MilvusClient

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import MAX_TAG_BYTES, MAX_TAGS, MAX_URI_BYTES

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
#: Fields that are filtered by, and the index that servers before 2.4 have in INVERTED's place.
SCALAR_INDEXES = {"uri": "Trie", "sha256": "Trie", "added_at": "STL_SORT"}


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


def scalar_index(field: str, index_type: str) -> Any:
    """An index on a field that is filtered by."""
    return MilvusClient.prepare_index_params(field, index_name=field, index_type=index_type)
