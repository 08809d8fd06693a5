"""An image as a row of Milvus."""

from collections.abc import Sequence
from typing import Any

from shared.domain.image import MAX_METADATA_BYTES, MAX_TAG_BYTES, MAX_TAGS, ImageRow
from shared.domain.labels import metadata_size
from shared.errors import InvalidRequest
from shared.store.expressions import check_text
from shared.store.schema import SCALARS

Row = dict[str, Any]


def check_labels(tags: Sequence[str], metadata: dict[str, Any]) -> None:
    """See that a collection can hold these.

    Raises InvalidRequest `invalid_labels`, `invalid_text`.
    """
    for tag in tags:
        check_text(tag)
    if len(tags) > MAX_TAGS or any(len(tag.encode()) > MAX_TAG_BYTES for tag in tags):
        raise InvalidRequest(
            "invalid_labels", f"An image has up to {MAX_TAGS} tags of up to {MAX_TAG_BYTES} bytes."
        )
    try:
        size = metadata_size(metadata)
    except ValueError as error:
        raise InvalidRequest("invalid_labels", f"The metadata {error}.") from error
    if size > MAX_METADATA_BYTES:
        raise InvalidRequest(
            "invalid_labels", f"The metadata is longer than {MAX_METADATA_BYTES} bytes of JSON."
        )


def to_row(row: Row) -> ImageRow:
    """A row as Milvus returns it."""
    return ImageRow.model_validate({name: row[name] for name in SCALARS})


def row_fields(row: ImageRow) -> Row:
    fields: dict[str, Any] = {name: getattr(row, name) for name in type(row).model_fields}
    fields["tags"] = list(row.tags)
    return fields
