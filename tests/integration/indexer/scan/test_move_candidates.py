"""Which files encoders are told to look up: those of the size of a row that lost its file."""

import os
from pathlib import Path

import pytest

from tests.integration.indexer.loads import Loads, upload_ref


def not_moved(loads: Loads) -> dict[str, bool | None]:
    """What the chunks of the last load say of each file."""
    refs = (ref for claim in loads.claims for ref in claim.files)
    return {ref.uri.rpartition("/")[2]: ref.not_moved for ref in refs}


@pytest.fixture
def loaded(loads: Loads) -> list[Path]:
    paths = loads.put("a.jpg", "bb.jpg", "ccc.jpg")
    assert loads.load().indexed == 3
    loads.claims.clear()
    return paths


def test_a_first_load_has_none(loads: Loads) -> None:
    loads.put("a.jpg", "b.jpg")
    loads.load()
    assert not_moved(loads) == {"a.jpg": True, "b.jpg": True}


def test_a_file_of_the_size_of_a_row_that_stands_is_none(loads: Loads, loaded: list[Path]) -> None:
    loads.put("d.jpg", "dddd.jpg")
    loads.load()
    assert not_moved(loads) == {"d.jpg": True, "dddd.jpg": True}


def test_a_missing_and_a_changed_file(loads: Loads, loaded: list[Path]) -> None:
    loaded[0].rename(loads.root / "moved.jpg")
    os.utime(loaded[1], ns=(1, 1))
    loads.put("dd.jpg", "ddd.jpg")
    loads.load()
    assert not_moved(loads) == {"moved.jpg": None, "bb.jpg": None, "dd.jpg": None, "ddd.jpg": True}


def test_too_many_rows_of_a_size(
    loads: Loads, loaded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.store.images.MAX_WINDOW", 1)
    loads.put("d.jpg")
    loads.load()
    assert not_moved(loads) == {"d.jpg": None}


def test_an_upload_is_not_looked_for(loads: Loads, loaded: list[Path]) -> None:
    ref = upload_ref(1)
    loads.writer.upsert(loads.collection, [loads.row(ref, "j")], [[1.0] + [0.0] * 511])
    path = loads.root / "one.jpg"
    path.write_bytes(b"x")
    assert path.stat().st_size == ref.size
    loads.load()
    assert not_moved(loads) == {"one.jpg": True}
