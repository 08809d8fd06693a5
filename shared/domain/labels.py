"""Which metadata a collection can hold."""

import json
from typing import Any

#: pymilvus's encoder of JSON allows 254 levels, Pydantic's 255; a request is one of them.
MAX_METADATA_DEPTH = 32
_INT64 = range(-(2**63), 2**63)


def metadata_size(metadata: dict[str, Any]) -> int:
    """The bytes of metadata as JSON in UTF-8, which is what Milvus counts.

    Raises ValueError, naming the reason, for what a collection cannot hold.
    """
    _check(metadata, MAX_METADATA_DEPTH)
    try:
        return len(json.dumps(metadata, allow_nan=False, ensure_ascii=False).encode())
    except ValueError as error:
        raise ValueError("must be JSON with finite numbers and valid Unicode") from error


def _check(value: Any, levels: int) -> None:
    if isinstance(value, int) and value not in _INT64:
        raise ValueError("must not hold whole numbers of more than 64 bits")
    if not isinstance(value, (dict, list, tuple)):
        return
    if levels == 0:
        raise ValueError(f"must not be nested deeper than {MAX_METADATA_DEPTH} levels")
    for inner in value.values() if isinstance(value, dict) else value:
        _check(inner, levels - 1)
