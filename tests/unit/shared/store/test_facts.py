"""Facts among the metadata of a stored row."""

from typing import Any

import pytest

from shared.domain.facts import FACTS_KEY, NO_FACTS, Facts, Place
from shared.domain.image import MAX_METADATA_BYTES, ImageRow
from shared.domain.labels import metadata_size
from shared.store.facts import dump_facts, load_facts, load_pixel_hash, stored_fact
from shared.store.rows import row_fields, to_row
from tests.integration.shared.store.samples import make_row

FACTS = Facts(taken_at=7, camera="A 漢", lens="b", gps=Place(lat=-1.5, lon=0))


def stored(row: ImageRow) -> ImageRow:
    return to_row(row_fields(row))


@pytest.mark.parametrize(
    "facts", [FACTS, NO_FACTS, Facts(taken_at=0), Facts(gps=Place(lat=0, lon=0))]
)
def test_a_row_comes_back_as_it_was(facts: Facts) -> None:
    row = make_row(1, facts=facts)
    assert stored(row) == row
    assert FACTS_KEY not in stored(row).metadata
    assert (FACTS_KEY in row_fields(row)["metadata"]) is (facts != NO_FACTS)


def test_a_row_of_an_earlier_version_has_none() -> None:
    fields = row_fields(make_row(1))
    assert fields["metadata"] == {"index": 1}
    assert to_row(fields).facts == NO_FACTS


@pytest.mark.parametrize("facts", [FACTS, NO_FACTS])
def test_the_hash_of_the_pixels_stands_among_the_facts(facts: Facts) -> None:
    row = make_row(1, facts=facts, pixel_hash="0123456789abcdef")
    assert stored(row) == row
    assert stored(row).facts == facts
    assert stored(row).metadata == {"index": 1}


@pytest.mark.parametrize("given", [None, 1, [], {}, {"pixels": 7}, {"pixels": "0123"}])
def test_what_no_version_wrote_is_no_hash(given: Any) -> None:
    assert load_pixel_hash(given) is None


def test_facts_that_have_no_room_beside_the_metadata_are_left_out() -> None:
    text = "x" * (MAX_METADATA_BYTES - len('{"a": ""}'))
    row = make_row(1, metadata={"a": text}, facts=FACTS)
    assert metadata_size(row_fields(row)["metadata"]) == MAX_METADATA_BYTES
    assert stored(row) == row.model_copy(update={"facts": NO_FACTS})


def test_metadata_under_the_facts_name_is_no_fact_and_does_not_replace_one() -> None:
    row = make_row(1, metadata={FACTS_KEY: {"camera": "forged"}}, facts=FACTS)
    assert stored(row) == row.model_copy(update={"metadata": {}})
    assert stored(row.model_copy(update={"facts": NO_FACTS})).facts == NO_FACTS


@pytest.mark.parametrize(
    "given", [None, 1, [], "x", {"lat": 1}, {"camera": "\n"}, {"taken_at": 2**62}, {"lat": "a"}]
)
def test_what_no_version_wrote_is_no_fact(given: Any) -> None:
    assert load_facts(given) == NO_FACTS


def test_fields_of_filters() -> None:
    fields = ("taken_at", "camera", "lens", "gps.lat", "gps.lon")
    assert [stored_fact(FACTS, field) for field in fields] == [7, "A 漢", "b", -1.5, 0]
    assert [stored_fact(NO_FACTS, field) for field in fields] == [None] * 5
    assert dump_facts(NO_FACTS) == {}
