"""Which metadata a collection can hold, and how it is changed."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.image import ImageRow

#: pymilvus's encoder of JSON allows 254 levels, Pydantic's 255; a request is one of them.
MAX_METADATA_DEPTH = 32
_INT64 = range(-(2**63), 2**63)


class LabelChange(Frozen):
    """New tags, tags to add and to remove, and a merge patch for the metadata (RFC 7396).

    None leaves them as they are; an empty patch changes nothing.
    """

    tags: Sequence[str] | None = Field(None)
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    metadata: dict[str, Any] | None = Field(None)
    without_metadata: bool = False

    def apply(self, row: ImageRow) -> ImageRow:
        """A row after the change."""
        kept = retagged(row.tags if self.tags is None else self.tags, self.add, self.remove)
        metadata = {} if self.without_metadata else row.metadata
        if self.metadata is not None:
            metadata = merge_patch(metadata, self.metadata)
        return row.model_copy(update={"tags": kept, "metadata": metadata})


def retagged(tags: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    """Tags after a change, each once; those that there were keep their order."""
    return tuple(tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove)


def metadata_size(metadata: dict[str, Any]) -> int:
    """The bytes of metadata as JSON in UTF-8, which is what Milvus counts.

    Raises ValueError, naming the reason, for what a collection cannot hold.
    """
    _check(metadata, MAX_METADATA_DEPTH)
    try:
        return len(json.dumps(metadata, allow_nan=False, ensure_ascii=False).encode())
    except ValueError as error:
        raise ValueError("must be JSON with finite numbers and valid Unicode") from error


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON after a merge patch (RFC 7396): null removes a name, objects merge, others replace."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _check(value: Any, levels: int) -> None:
    if isinstance(value, int) and value not in _INT64:
        raise ValueError("must not hold whole numbers of more than 64 bits")
    if not isinstance(value, (dict, list, tuple)):
        return
    if levels == 0:
        raise ValueError(f"must not be nested deeper than {MAX_METADATA_DEPTH} levels")
    for inner in value.values() if isinstance(value, dict) else value:
        _check(inner, levels - 1)
