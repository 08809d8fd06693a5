"""Exports and imports: exact, whatever interrupts them."""

import errno
import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from indexer.exports.part_files import HashingFile
from indexer.scan import export as export_module
from shared.domain.collection import CollectionIdentity, IndexSpec
from shared.domain.job import ExportSource, ImportSource, Job
from shared.domain.regions import REGIONS
from shared.files.exports import export_folder, read_manifest
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.ledger import Copies, keys
from shared.store import Collections, Images, PictureRegions, Regions, RowCopies
from tests.integration.indexer.loads import WEIGHTS, Loads
from tests.integration.shared.store.samples import make_row, make_vectors
from tests.orphans import orphans

ROWS = 2300
UPLOADED = b"a picture that was uploaded"


def everything(loads: Loads, target: CollectionIdentity) -> tuple[Any, Any]:
    """All rows and regions of a collection, vectors as bits."""
    copies = RowCopies(loads.milvus)

    def read(after: Any) -> Iterator[dict[str, Any]]:
        last = ""
        while rows := after(target, last):
            last = rows[-1]["id"]
            yield from ({**row, "vector": row["vector"].tobytes()} for row in rows)

    images = list(read(copies.images_after))
    return images, list(read(copies.regions_after)) if target.regions else []


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "PART_ROWS", 1000)


@pytest.fixture
def full(loads: Loads, collections: Collections) -> Iterator[CollectionIdentity]:
    """A collection with regions, labels and an upload, of more than one part."""
    name = f"full_{uuid.uuid4().hex[:12]}"
    flat = IndexSpec(type="FLAT")
    info = collections.create(
        name, description="\u00c4", weights=WEIGHTS, pooling="gem", index=flat, regions=True
    )
    uri = upload_uri(hashlib.sha256(UPLOADED).hexdigest(), "jpg")
    path = upload_path(uri, name, loads.settings)
    path.parent.mkdir(parents=True)
    path.write_bytes(UPLOADED)
    rows = [make_row(number) for number in range(ROWS)]
    stored = {"id": hashlib.sha256(uri.encode()).hexdigest()[:32], "uri": uri}
    rows[7] = rows[7].model_copy(
        update={**stored, "mtime_ns": path.stat().st_mtime_ns, "tags": ("\u00fc",)}
    )
    loads.writer.upsert(name, rows, make_vectors(ROWS))
    parts = make_vectors(300 * len(REGIONS), 1).reshape(300, len(REGIONS), -1)
    pictures = [PictureRegions(r.id, r.sha256, v) for r, v in zip(rows, parts, strict=False)]
    Regions(loads.milvus).write(name, info.generation, pictures)
    yield collections.identity(name)
    collections.drop(name)


@pytest.fixture
def copy(collections: Collections) -> Iterator[CollectionIdentity]:
    """An empty collection like that."""
    name, flat = f"copy_{uuid.uuid4().hex[:12]}", IndexSpec(type="FLAT")
    collections.create(name, weights=WEIGHTS, pooling="gem", index=flat, regions=True)
    yield collections.identity(name)
    collections.drop(name)


def run(loads: Loads, source: ExportSource | ImportSource, target: CollectionIdentity) -> Job:
    spec = {"collection": target.name, "generation": target.generation}
    job = loads.job(source=source, **spec)
    return loads.finish(job, loads.indexer())


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
    assert rows == {"images": ROWS, "regions": 300 * len(REGIONS), "uploads": 1}
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
    assert manifest.rows("regions") == 300 * len(REGIONS)
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


def test_an_export_of_nothing(loads: Loads, copy: CollectionIdentity) -> None:
    ended = run(loads, ExportSource(), copy)
    assert (ended.status, ended.total) == ("done", 0)
    assert read_manifest(ended.spec.id, loads.settings).parts == ()


def test_a_cancelled_export_leaves_nothing(
    loads: Loads, full: CollectionIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = loads.job(source=ExportSource(), collection=full.name, generation=full.generation)
    record = Copies.record

    def cancel_then(copies: Copies, *args: Any, **named: Any) -> None:
        loads.jobs.cancel(job)
        record(copies, *args, **named)

    monkeypatch.setattr(Copies, "record", cancel_then)
    loads.indexer().scan(job)
    assert loads.jobs.get(job).status == "cancelled"
    assert not export_folder(job, loads.settings).exists()
    assert orphans(loads.redis) == []


def test_a_full_disk_is_named(
    loads: Loads, full: CollectionIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(HashingFile, "write", no_space)
    ended = run(loads, ExportSource(), full)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "storage_full")
    assert not export_folder(ended.spec.id, loads.settings).exists()


def test_a_collection_that_is_replaced_meanwhile(
    loads: Loads, collections: Collections, full: CollectionIdentity
) -> None:
    flat = IndexSpec(type="FLAT")
    job = loads.job(source=ExportSource(), collection=full.name, generation=full.generation)
    collections.drop(full.name)
    collections.create(full.name, weights=WEIGHTS, pooling="gem", index=flat)
    ended = loads.finish(job, loads.indexer())
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "collection_replaced")


def test_nothing_is_written_of_an_export_that_is_damaged(
    loads: Loads, full: CollectionIdentity, copy: CollectionIdentity
) -> None:
    export = run(loads, ExportSource(), full).spec.id
    part = read_manifest(export, loads.settings).parts[-1]
    path = export_folder(export, loads.settings) / part.name
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[len(content) // 2] ^= 1
    path.write_bytes(content.tobytes())
    ended = run(loads, ImportSource(export=export), copy)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "export_corrupt")
    assert everything(loads, copy) == ([], [])


def test_an_export_that_changed_since(
    loads: Loads, full: CollectionIdentity, copy: CollectionIdentity
) -> None:
    export = run(loads, ExportSource(), copy).spec.id
    path = export_folder(export, loads.settings) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "fingerprint": "another"}))
    ended = run(loads, ImportSource(export=export), copy)
    assert ended.error is not None
    assert ended.error.code == "export_changed"
    assert loads.redis.exists(keys.job(ended.spec.id, "copied")) == 0
