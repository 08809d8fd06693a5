"""What the API takes as tags and metadata, Milvus stores and gives back as it was."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gateway.schemas.fields import Metadata, Tags
from shared.domain.image import MAX_GIVEN_METADATA_BYTES, MAX_TAG_LENGTH, MAX_TAGS
from shared.store import Images, ImageWriter
from tests.integration.shared.store.samples import make_row, make_vectors

_TAGS: TypeAdapter[list[str]] = TypeAdapter(Tags)
_METADATA: TypeAdapter[dict[str, Any]] = TypeAdapter(Metadata)

_text = st.text(st.characters(), max_size=20)
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    tags=st.lists(st.text(st.characters(), max_size=MAX_TAG_LENGTH), max_size=5),
    metadata=st.dictionaries(_text, _values, max_size=5),
)
@example(tags=["\U0010ffff" * MAX_TAG_LENGTH] * MAX_TAGS, metadata={})
@example(
    tags=[f"{n}" + "\u0634" * (MAX_TAG_LENGTH - 2) for n in range(10, 10 + MAX_TAGS)], metadata={}
)
@example(tags=[], metadata={"a": "\u6f22" * ((MAX_GIVEN_METADATA_BYTES - 9) // 3)})
@example(tags=[], metadata={"a": "\x00" * 9000})
@example(tags=[], metadata={"a": 2**63 - 1, "b": -(2**63), "c": 1e308, "d": -0.0})
@example(tags=[], metadata={"a": 2**63})
@example(tags=[], metadata={"a": 2**70})
@example(tags=[], metadata={"a": [{"b": -(2**63) - 1}]})
@example(tags=[], metadata=nested(32))
@example(tags=[], metadata=nested(300))
@example(tags=[], metadata={"a": "\ud800"})
@example(tags=[], metadata={"\udfff": [{}]})
def test_what_the_api_takes_is_stored(
    writer: ImageWriter, images: Images, empty: str, tags: list[str], metadata: dict[str, Any]
) -> None:
    try:
        tags, metadata = _TAGS.validate_python(tags), _METADATA.validate_python(metadata)
    except ValidationError:
        return
    loaded = make_row(1).model_copy(update={"tags": tuple(tags), "metadata": metadata})
    writer.upsert(empty, [loaded, make_row(2)], make_vectors(2))
    images.update(empty, make_row(2).id, tags=tags, metadata=metadata)

    found = images.get_many(empty, [loaded.id, make_row(2).id], strong=True)
    for row in found.values():
        assert list(row.tags) == tags
        assert row.metadata == metadata
    assert len(found) == 2


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"a": 2**63}, "64 bits"),
        ({"a": [{"b": -(2**63) - 1}]}, "64 bits"),
        (nested(33), "32 levels"),
        (nested(5000), "32 levels"),
        ({"a": float("inf")}, "finite"),
        ({"a": "\ud800"}, "Unicode"),
        ({"a": "\u6f22" * (MAX_GIVEN_METADATA_BYTES // 3)}, "60000 bytes"),
    ],
)
def test_what_is_refused_has_a_reason(metadata: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        _METADATA.validate_python(metadata)

    assert reason in str(refusal.value)
