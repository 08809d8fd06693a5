"""Scans of archives and buckets on real stores: unchanged, forgotten, refused, and continued."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import obstore
import pytest

from indexer.scan import scan
from indexer.sources import bucket
from shared.domain.job import ArchiveSource, BucketSource, Job, Source
from shared.ledger import keys
from shared.settings import Settings
from shared.sources.buckets import BucketFiles, BucketObject
from tests import archives
from tests.drawn import JPEG
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.test_scan_restart import die, until_it_waits
from tests.s3 import S3, request, running_s3


class Place(Protocol):
    source: Source

    def put(self, contents: dict[str, bytes]) -> None:
        """Have just these there."""

    def take_away(self) -> None: ...


class Zip:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.source: Source = ArchiveSource(path=str(path))

    def put(self, contents: dict[str, bytes]) -> None:
        self.path.write_bytes(archives.zip_of(contents, zipfile.ZIP_STORED))

    def take_away(self) -> None:
        self.path.unlink()


class ZipInZip(Zip):
    def put(self, contents: dict[str, bytes]) -> None:
        inner = archives.zip_of(contents, zipfile.ZIP_STORED)
        self.path.write_bytes(archives.zip_of({"in/b.zip": inner}, zipfile.ZIP_STORED))


class Bucket:
    def __init__(self, server: S3) -> None:
        self.server = server
        self.source: Source = BucketSource(url=f"s3://{server.bucket}/in")
        self.address = f"{server.endpoint}/{server.bucket}"

    def put(self, contents: dict[str, bytes]) -> None:
        request(self.address, "PUT")  # It may be there.
        there = [item["path"] for objects in obstore.list(self.server.store) for item in objects]
        wanted = {f"in/{name}": data for name, data in contents.items()}
        if gone := [key for key in there if key not in wanted]:
            self.server.delete(*gone)
        for key, data in wanted.items():
            self.server.put(key, data)

    def take_away(self) -> None:
        self.put({})
        request(self.address, "DELETE")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with running_s3("pictures") as server:
        yield server


@pytest.fixture
def settings(settings: Settings, s3: S3) -> Settings:
    return Settings.model_validate({**settings.model_dump(), **s3.settings})


@pytest.fixture(params=["zip", "zip in zip", "bucket"])
def place(request: pytest.FixtureRequest, settings: Settings, s3: S3) -> Place:
    if request.param == "bucket":
        return Bucket(s3)
    kind = Zip if request.param == "zip" else ZipInZip
    return kind(settings.image_roots[0] / "a.zip")


def some(count: int) -> dict[str, bytes]:
    return {f"{n // 7}/{n:02}.jpg": JPEG + f"{n}".encode() for n in range(count)}


def counts(job: Job) -> tuple[str, int, int, int, int]:
    return job.status, job.total, job.indexed, job.unchanged, job.removed


def test_what_did_not_change_is_not_read_again(loads: Loads, place: Place) -> None:
    place.put(some(9) | {"notes.txt": b"no picture", ".hidden.jpg": JPEG})
    first = loads.load(source=place.source)
    assert (*counts(first), first.ignored) == ("done", 9, 9, 0, 0, 2)
    assert counts(loads.load(source=place.source)) == ("done", 9, 0, 9, 0)
    # Written anew: the archive has another time, and each object.
    place.put(some(10) | {"0/00.jpg": JPEG + b"other"})
    assert counts(loads.load(source=place.source)) == ("done", 10, 2, 8, 0)


def test_sync_forgets_what_is_listed_no_more(loads: Loads, place: Place) -> None:
    place.put(some(9))
    assert loads.load(source=place.source).indexed == 9
    beside = loads.put("beside.jpg")
    assert loads.load().indexed == 1
    place.put(some(7))
    assert counts(loads.load(source=place.source)) == ("done", 7, 0, 7, 0)
    assert counts(loads.load(source=place.source, sync=True)) == ("done", 7, 0, 7, 2)
    # A folder knows nothing of what is in the archives in it.
    beside[0].unlink()
    loads.put("other.jpg")
    assert counts(loads.load(sync=True)) == ("done", 1, 1, 0, 1)


def test_sync_forgets_nothing_of_what_is_emptied_or_gone(loads: Loads, place: Place) -> None:
    place.put(some(3))
    assert loads.load(source=place.source).indexed == 3
    place.put({})
    emptied = loads.load(source=place.source, sync=True)
    assert emptied.error is not None
    assert (emptied.status, emptied.error.code) == ("failed", "source_empty")
    place.take_away()
    gone = loads.load(source=place.source, sync=True)
    assert gone.error is not None
    assert gone.status == "failed"
    assert gone.error.code in ("source_missing", "source_unreadable")
    place.put(some(3))
    assert counts(loads.load(source=place.source, sync=True)) == ("done", 3, 0, 3, 0)


def test_sync_refuses_to_forget_most(loads: Loads, place: Place) -> None:
    place.put(some(30))
    assert loads.load(source=place.source).indexed == 30
    place.put(some(5))
    refused = loads.load(source=place.source, sync=True)
    assert refused.error is not None
    assert (refused.status, refused.error.code) == ("failed", "mass_removal")
    assert "25 of the 30" in refused.error.detail
    allowed = loads.load(source=place.source, sync=True, allow_mass_removal=True)
    assert counts(allowed) == ("done", 5, 0, 5, 25)


def test_a_scan_that_died_goes_on_where_it_was(
    loads: Loads, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_CURSOR_SECONDS", -1.0)
    monkeypatch.setattr(bucket, "PAGE", 4)
    place = Bucket(s3)
    place.put(some(8))
    assert loads.load(source=place.source).indexed == 8
    place.put(some(24) | {"0/notes.txt": b"no picture"})
    job, first = loads.job(source=place.source), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    die(first, scanning)
    cursor = loads.redis.hget(keys.job(job), "cursor")
    assert cursor is not None
    assert cursor > b"in/0/07.jpg"

    listed: list[str] = []
    objects = BucketFiles.objects

    def noting(self: BucketFiles, *args: Any) -> Iterator[Sequence[BucketObject]]:
        for page in objects(self, *args):
            listed.extend(item.key for item in page)
            yield page

    monkeypatch.setattr(BucketFiles, "objects", noting)
    ended = loads.finish(job, loads.indexer())
    assert (*counts(ended), ended.ignored) == ("done", 24, 16, 8, 0, 1)
    assert all(key > cursor.decode() for key in listed)
    names = loads.encoded()
    assert len(names) == len(set(names))
