"""Exports and imports that end otherwise: what is left of them, and what they are said to be."""

import errno
import json
from typing import Any

import numpy as np
import pytest

from indexer.exports.part_files import HashingFile
from shared.domain.collection import CollectionIdentity, IndexSpec
from shared.domain.job import ExportSource, ImportSource
from shared.files.exports import export_folder, read_manifest
from shared.ledger import Copies, keys
from shared.store import Collections
from tests.integration.indexer.loads import WEIGHTS, Loads
from tests.integration.indexer.scan.exported import everything, run
from tests.orphans import orphans


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
