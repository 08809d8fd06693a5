"""Tags that a client gives, or images that it deletes, between a chunk's read and its write."""

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from encoder_worker.decode.decoder import decode
from shared.domain.chunk import FileRef
from shared.domain.labels import LabelChange
from shared.errors import NotFound, PictureError, PreconditionFailed
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.pictures.square import Picture
from shared.store import MilvusConnection
from tests.drawn import draw
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load
from tests.integration.gateway.client import Client
from tests.services import wait_until


def work(load: Load, files: Sequence[Any], meanwhile: Callable[[], object], **spec: Any) -> str:
    """Work on a chunk; `meanwhile` happens once its files and their rows are read."""
    job_id, (chunk,) = load.job(files, **spec)

    def decode_all(data: Sequence[bytes]) -> list[Picture | PictureError]:
        meanwhile()
        return [decode(item, load.settings.max_pixels) for item in data]

    load.worker(decode_all).work(job_id, chunk)
    return job_id


def test_tags_given_while_a_file_is_encoded_again_are_kept(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path = drawn(1)
    load.run(path, tags=("first",), metadata={"x": 1})
    before = load.row(path)
    drawn(2, "1.jpg")

    work(load, [path], lambda: client.tag(before, "mine"), tags=("second",))

    after = load.row(path)
    assert after.sha256 != before.sha256
    assert (after.tags, after.metadata) == (("mine", "second"), {"x": 1})
    assert after.added_at == before.added_at


def test_tags_given_while_a_file_is_moved_are_kept(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path, other = drawn(1), drawn(3)
    load.run(path, tags=("first",))
    before = load.row(path)
    path.rename(load.root / "moved.jpg")

    # The other file is decoded after the moved one was matched, and both are written together.
    job_id = work(load, [load.root / "moved.jpg", other], lambda: client.tag(before, "mine"))

    assert load.jobs.get(job_id).moved == 1
    assert load.row(load.root / "moved.jpg").tags == ("mine",)
    assert load.collections.count(load.collection) == 2


def test_tags_given_while_a_file_is_touched_are_kept(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path, other = drawn(1), drawn(3)
    load.run(path, tags=("first",))
    before = load.row(path)
    os.utime(path, ns=(5, 5))

    work(load, [path, other], lambda: client.tag(before, "mine"))

    after = load.row(path)
    assert (after.tags, after.mtime_ns, after.sha256) == (("mine",), 5, before.sha256)


def test_a_row_that_is_deleted_while_it_is_touched_stays_deleted(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path, other = drawn(1), drawn(3)
    load.run(path)
    before = load.row(path)
    os.utime(path, ns=(5, 5))

    job_id = work(load, [path, other], lambda: client.delete(before))

    assert load.rows(path) == [None]
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.unchanged, job.done) == ("done", 1, 1, 2)


def test_a_file_encoded_again_after_its_deletion_has_nothing_of_the_deleted(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path = drawn(1)
    load.run(path, tags=("first",))
    before = load.row(path)
    drawn(2, "1.jpg")

    work(load, [path], lambda: client.delete(before))

    after = load.row(path)
    assert (after.tags, after.sha256 != before.sha256) == ((), True)
    assert after.added_at > before.added_at


def test_two_loads_of_one_file_add_their_tags(load: Load, drawn: Drawn) -> None:
    path = drawn(1)

    def load_too() -> None:
        load.run(path, tags=("other",))

    work(load, [path], load_too, tags=("one",))
    assert set(load.row(path).tags) == {"one", "other"}


def put_upload(load: Load, index: int) -> FileRef:
    path = load.root.parent / "upload.jpg"
    draw(index).save(path, "JPEG")
    uri = upload_uri(f"{index:064x}", "jpg")
    place = upload_path(uri, load.collection, load.settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(path.read_bytes())
    return FileRef(uri=uri, size=place.stat().st_size, mtime_ns=place.stat().st_mtime_ns, name="a")


def test_an_upload_that_is_deleted_under_its_job_does_not_come_back(
    load: Load, client: Client
) -> None:
    """It was there already, is uploaded again, and deleted once its chunk has read the file."""
    first, second = put_upload(load, 1), put_upload(load, 2)
    load.run(first, second, uploads=2)
    row = load.row(first)
    # Other contents, so that they are encoded again.
    refs = [put_upload(load, n) for n in (1, 2)]
    for ref in refs:
        place = upload_path(ref.uri, load.collection, load.settings)
        draw(7).save(place, "JPEG", quality=50)
    job_id = work(load, refs, lambda: client.delete(row), uploads=2)

    job = load.jobs.get(job_id)
    assert load.rows(first) == [None]
    assert load.row(second).sha256
    assert (job.status, job.total, job.indexed, job.failed) == ("done", 2, 1, 1)
    (failure,) = load.failures(job).values()
    assert (failure.uri, failure.code) == (first.uri, "missing")


def test_an_upload_that_is_deleted_before_its_chunk_is_a_failure(
    load: Load, client: Client
) -> None:
    ref = put_upload(load, 1)
    load.run(ref, uploads=1)
    job_id, (chunk,) = load.job([ref], uploads=1, tags=("again",))
    client.delete(load.row(ref))
    load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.total, job.failed) == ("done", 1, 1)
    assert [failure.code for failure in load.failures(job).values()] == ["missing"]
    assert load.rows(ref) == [None]


def test_a_deletion_between_a_changes_read_and_its_write_is_not_undone(
    load: Load, drawn: Drawn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn(1)
    load.run(path)
    row = load.row(path)
    deleting = threading.Thread(target=client.delete, args=(row,))
    upsert = MilvusConnection.upsert

    def delete_first(*args: Any, **kwargs: Any) -> None:
        deleting.start()
        # Enough for a deletion that waits for nobody.
        deleting.join(1)
        upsert(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(MilvusConnection, "upsert", delete_first)
        client.tag(row, "mine")
    deleting.join(30)
    assert load.rows(path) == [None]
    with pytest.raises(NotFound):
        client.tag(row, "mine")


def test_what_two_clients_add_at_once_is_all_there(
    load: Load, drawn: Drawn, client: Client
) -> None:
    """Each reads, adds its tag, and writes only if nobody did so in between."""
    path = drawn(1)
    load.run(path)
    row = load.row(path)

    def add(name: str) -> None:
        for number in range(4):
            added = False
            while not added:
                found = load.row(path)
                change = LabelChange(tags=(*found.tags, f"{name}{number}"))
                try:
                    client.labels.update(load.collection, row.id, change, {found.version})
                except PreconditionFailed:
                    continue
                added = True

    threads = [threading.Thread(target=add, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = {f"{name}{number}" for name in "abc" for number in range(4)}
    assert wait_until(lambda: set(load.row(path).tags) == expected, 5, "all tags")
