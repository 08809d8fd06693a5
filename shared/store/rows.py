"""An image as a row of Milvus."""

from collections.abc import Sequence
from typing import Any

from shared.domain.facts import FACTS_KEY
from shared.domain.image import MAX_METADATA_BYTES, MAX_TAG_BYTES, MAX_TAGS, ImageRow
from shared.domain.labels import metadata_size
from shared.errors import InvalidRequest
from shared.store.expressions import check_text
from shared.store.facts import dump_facts, dump_pixel_hash, load_facts, load_pixel_hash
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
    fields = {name: row[name] for name in SCALARS}
    facts = row["metadata"].get(FACTS_KEY)
    fields["facts"], fields["pixel_hash"] = load_facts(facts), load_pixel_hash(facts)
    fields["metadata"] = {k: v for k, v in row["metadata"].items() if k != FACTS_KEY}
    return ImageRow.model_validate(fields)


def row_fields(row: ImageRow) -> Row:
    """A row as Milvus takes it, without its vector.

    The facts and the pixels' hash are among the metadata; where those leave no room for them, they
    are left out.
    """
    fields: dict[str, Any] = {name: getattr(row, name) for name in SCALARS}
    fields["tags"] = list(row.tags)
    metadata = {k: v for k, v in row.metadata.items() if k != FACTS_KEY}
    if facts := dump_facts(row.facts) | dump_pixel_hash(row.pixel_hash):
        with_facts = {**metadata, FACTS_KEY: facts}
        metadata = with_facts if metadata_size(with_facts) <= MAX_METADATA_BYTES else metadata
    fields["metadata"] = metadata
    return fields
