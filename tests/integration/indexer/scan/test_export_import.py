"""Exports and imports: exact, whatever interrupts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.domain.collection import CollectionIdentity
from shared.domain.job import ExportSource, ImportSource
from shared.domain.regions import REGIONS
from shared.files.exports import export_folder, read_manifest
from shared.files.paths import upload_path
from shared.ledger import Copies
from shared.store import Images, RowCopies
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.exported import (
    ROWS,
    UPLOADED,
    WITH_REGIONS,
    everything,
    run,
)
from tests.orphans import orphans


@contextmanager
def killed_at(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, call: int, *, after: bool
) -> Iterator[None]:
    """Every process dies at this call of a method, before it or once it has done its work."""
    method, calls = getattr(owner, name), 0

    def killed(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise SystemExit
        result = method(*args, **named)
        if calls == call:
            raise SystemExit
        return result

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            yield


def test_counts_and_vectors_are_equal_bit_for_bit(
    loads: Loads, full: CollectionIdentity, copy: CollectionIdentity
) -> None:
    exported = run(loads, ExportSource(), full)
    assert (exported.status, exported.total, exported.done) == ("done", ROWS, ROWS)
    manifest = read_manifest(exported.spec.id, loads.settings)
    rows = {kind: manifest.rows(kind) for kind in ("images", "regions", "uploads")}
    assert rows == {"images": ROWS, "regions": WITH_REGIONS * len(REGIONS), "uploads": 1}
    assert (manifest.fingerprint, manifest.pooling) == (full.fingerprint, "gem")
    assert (manifest.description, manifest.index.type) == ("\u00c4", "FLAT")
    assert len(manifest.parts) > 4

    imported = run(loads, ImportSource(export=exported.spec.id), copy)
    assert (imported.status, imported.total, imported.done) == ("done", ROWS, ROWS)
    assert everything(loads, copy) == everything(loads, full)
    (uploaded,) = (row for row in everything(loads, copy)[0] if row["uri"].startswith("upload"))
    restored = upload_path(uploaded["uri"], copy.name, loads.settings)
    assert restored.read_bytes() == UPLOADED
    assert restored.stat().st_mtime_ns == uploaded["mtime_ns"]
    assert orphans(loads.redis) == []


@pytest.mark.parametrize(
    ("owner", "name", "call", "after"),
    [
        (RowCopies, "images_after", 3, False),
        (Copies, "record", 2, False),
        (Copies, "record", 2, True),
        (Copies, "record", 6, True),
        (RowCopies, "regions_after", 2, True),
    ],
)
def test_an_export_goes_on_after_a_kill(
    loads: Loads,
    full: CollectionIdentity,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    call: int,
    after: bool,
) -> None:
    job = loads.job(source=ExportSource(), collection=full.name, generation=full.generation)
    first = loads.indexer()
    with killed_at(monkeypatch, owner, name, call, after=after):
        first.scan(job)
    first.die()

    ended = loads.finish(job, loads.indexer())
    assert (ended.status, ended.total, ended.done) == ("done", ROWS, ROWS)
    manifest = read_manifest(job, loads.settings)
    assert (manifest.rows("images"), manifest.rows("uploads")) == (ROWS, 1)
    assert manifest.rows("regions") == WITH_REGIONS * len(REGIONS)
    names = {path.name for path in export_folder(job, loads.settings).iterdir()}
    assert names == {"manifest.json", *(part.name for part in manifest.parts)}


@pytest.mark.parametrize(
    ("name", "call", "after"),
    [("write_images", 2, True), ("write_images", 3, False), ("write_regions", 2, True)],
)
def test_an_import_is_exact_after_a_kill(
    loads: Loads,
    full: CollectionIdentity,
    copy: CollectionIdentity,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    call: int,
    after: bool,
) -> None:
    export = run(loads, ExportSource(), full).spec.id
    source = ImportSource(export=export)
    job = loads.job(source=source, collection=copy.name, generation=copy.generation)
    first = loads.indexer()
    with killed_at(monkeypatch, RowCopies, name, call, after=after):
        first.scan(job)
    first.die()
    # What another changes meanwhile stays: locks of the dead end with its heartbeat.
    there = everything(loads, copy)[0]
    changed = there[0]["id"]
    Images(loads.milvus).update(copy.name, changed, tags=["meanwhile"])

    ended = loads.finish(job, loads.indexer())
    assert (ended.status, ended.total, ended.done) == ("done", ROWS, ROWS)
    images, regions = everything(loads, copy)
    wanted, wanted_regions = everything(loads, full)
    assert [row["tags"] for row in images if row["id"] == changed] == [["meanwhile"]]
    assert [r for r in images if r["id"] != changed] == [r for r in wanted if r["id"] != changed]
    assert regions == wanted_regions
