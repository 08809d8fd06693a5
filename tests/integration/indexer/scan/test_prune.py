import os
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.services.labels import LabelService
from indexer.scan import prune
from indexer.scan.prune import Pruner
from indexer.sources.directory_listing import DirectoryListing
from shared.domain.image import ImageFilter, image_id
from shared.domain.job import DirectorySource
from shared.domain.labels import LabelChange
from shared.files.uris import file_uri
from shared.ledger import RowLocks
from shared.store import Images, MilvusConnection
from tests.integration.indexer.loads import Loads


def uris(images: Images, collection: str) -> set[str]:
    return {row.uri for rows in images.iterate(collection, ImageFilter()) for row in rows}


@pytest.fixture
def loaded(loads: Loads) -> list[Path]:
    paths = loads.put("a.jpg", "b.jpg", "sub/c.jpg", "sub/d.png", "other/e.jpg")
    assert loads.load().indexed == 5
    return paths


def test_what_is_gone_is_forgotten(loads: Loads, images: Images, loaded: list[Path]) -> None:
    loaded[0].unlink()
    loaded[2].unlink()
    job = loads.load()
    assert (job.removed, job.unchanged) == (0, 3)
    job = loads.load(sync=True)
    assert (job.status, job.removed, job.unchanged) == ("done", 2, 3)
    left = {file_uri(loaded[n]) for n in (1, 3, 4)}
    assert uris(images, loads.collection) == left
    assert loads.load(sync=True).removed == 0


def test_a_change_of_labels_does_not_bring_back_what_sync_removes(
    loads: Loads, images: Images, loaded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal comes between the change's read and its write."""
    loaded[0].unlink()
    image = image_id(file_uri(loaded[0]))
    labels = LabelService(images, RowLocks(loads.redis))
    removing = threading.Thread(target=loads.load, kwargs={"sync": True})
    upsert = MilvusConnection.upsert

    def remove_first(*args: Any) -> None:
        removing.start()
        # Enough for a removal that waits for nobody.
        removing.join(3)
        upsert(*args)

    with monkeypatch.context() as patched:
        patched.setattr(MilvusConnection, "upsert", remove_first)
        labels.update(loads.collection, image, LabelChange(tags=["mine"]))
    removing.join(60)
    assert uris(images, loads.collection) == {file_uri(path) for path in loaded[1:]}


def test_only_what_the_load_was_about(loads: Loads, images: Images, loaded: list[Path]) -> None:
    for path in loaded:
        path.unlink()
    (loads.root / "sub" / "notes.txt").touch()
    sub = DirectorySource(path=str(loads.root / "sub"), pattern="*.jpg")
    assert loads.load(source=sub, sync=True).removed == 1
    flat = DirectorySource(path=str(loads.root), recursive=False)
    assert loads.load(source=flat, sync=True).removed == 2
    assert uris(images, loads.collection) == {file_uri(loaded[3]), file_uri(loaded[4])}


def test_a_neighbour_whose_name_begins_alike_stays(loads: Loads, images: Images) -> None:
    (path,) = loads.put("sub-other/a.jpg")
    loads.put("sub/b.jpg")
    assert loads.load().indexed == 2
    path.unlink()
    sub = DirectorySource(path=str(loads.root / "sub"))
    assert loads.load(source=sub, sync=True).removed == 0


def test_more_than_one_batch(loads: Loads, images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "_BATCH", 4)
    monkeypatch.setattr("shared.store.images._URI_BATCH", 3)
    paths = loads.put(*(f"{n}.jpg" for n in range(22)))
    assert loads.load().indexed == 22
    for path in paths[:13]:
        path.unlink()
    assert loads.load(sync=True).removed == 13
    assert uris(images, loads.collection) == {file_uri(path) for path in paths[13:]}


def test_what_is_no_file_any_more(loads: Loads, tmp_path: Path, loaded: list[Path]) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"\xff\xd8\xff")
    for path in loaded:
        path.unlink()
    loaded[0].mkdir()
    loaded[1].symlink_to(outside)
    loaded[2].symlink_to("nowhere")
    os.mkfifo(loaded[3])
    loads.put("moved/f.jpg")
    loaded[4].symlink_to(loads.root / "moved/f.jpg")
    job = loads.load(sync=True)
    assert job.removed == 4
    assert job.indexed == 2


def test_a_source_that_vanished_forgets_nothing(
    loads: Loads, images: Images, loaded: list[Path]
) -> None:
    loads.root.rename(loads.root.with_name("unmounted"))
    job = loads.load(sync=True)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "source_missing"
    assert len(uris(images, loads.collection)) == 5


def test_a_disk_unmounted_during_the_load_forgets_nothing(
    loads: Loads, images: Images, loaded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = Pruner.remove_missing

    def unmount_first(self: Pruner, *args: Any) -> None:
        loads.root.rename(loads.root.with_name("unmounted"))
        loads.root.mkdir()
        walked(self, *args)

    monkeypatch.setattr(Pruner, "remove_missing", unmount_first)
    job = loads.load(sync=True)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "source_missing"
    assert len(uris(images, loads.collection)) == 5


def test_what_cannot_be_told_stays(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = DirectoryListing(DirectorySource(path=str(loads.root)), (loads.root,))
    (path,) = loads.put("a.jpg")
    assert not mine.is_missing(file_uri(path))
    assert mine.is_missing(file_uri(path / "below-a-file"))

    def refuse(_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "lstat", refuse)
    assert not mine.is_missing(file_uri(path))


@pytest.mark.parametrize("deleted", [True, False])
def test_a_removal_cut_short_is_counted_once(
    loads: Loads, images: Images, loaded: list[Path], deleted: bool
) -> None:
    """The first indexer died between noting the ids and counting them."""
    for path in loaded[:3]:
        path.unlink()
    ids = [image_id(file_uri(path)) for path in loaded[:3]]
    job, dead = loads.job(sync=True), loads.indexer()
    start = dead.stores.scans.begin(job)
    assert start is not None
    dead.stores.scans.begin_removal(job, start.generation, ids)
    if deleted:
        images.delete(loads.collection, ids)
    dead.die()
    # Of one the file is back before the second try.
    loads.put("a.jpg")
    finished = loads.finish(job, loads.indexer())
    assert finished.status == "done"
    assert uris(images, loads.collection) == {file_uri(loaded[n]) for n in (0, 3, 4)}
    assert finished.removed == (3 if deleted else 2)
    assert finished.indexed == 1
