"""Places of every kind that pictures are loaded from, made for a test."""

import hashlib
import os
import shutil
from collections.abc import Generator, Iterable
from typing import Any, Protocol, cast

import obstore
from obstore.store import MemoryStore, ObjectStore, S3Store

from indexer.sources import Batch, Listing
from indexer.sources.bucket import BucketListing
from indexer.sources.directory_listing import DirectoryListing
from indexer.sources.job_files import JobFiles
from shared.domain.bucket import BucketLocation
from shared.domain.chunk import FileRef
from shared.domain.job import (
    BucketSource,
    DirectorySource,
    JobSpec,
    RetrySource,
    UploadSource,
    UrlsSource,
)
from shared.files.paths import upload_path
from shared.files.uris import file_uri, upload_uri
from shared.settings import Settings
from shared.sources import Files
from shared.sources.buckets import BucketFiles


class Place(Protocol):
    """A place with pictures. Names are as in a folder: `a/b.jpg`."""

    settings: Settings
    #: Whether a listing finds what is there, rather than what a job names.
    is_listed: bool

    def put(self, name: str, data: bytes) -> str:
        """Put a picture there, or another one in its place; returns its uri."""

    def remove(self, name: str) -> None:
        """Remove a picture."""

    def take_away(self) -> None:
        """Let the place be gone, as with a disk that is not mounted."""

    def files(self) -> Files:
        """Files that can be opened now, as a new process would."""

    def listing(self) -> Listing:
        """A new listing of what is there."""


class Folder:
    is_listed = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.image_roots[0] / "source"
        self.root.mkdir()
        self._time = 10**18

    def put(self, name: str, data: bytes) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._time += 10**9  # Clocks of file systems may be coarse.
        os.utime(path, ns=(self._time, self._time))
        return file_uri(path)

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def take_away(self) -> None:
        self.root.rename(self.root.with_name("aside"))

    def files(self) -> Files:
        return Files(self.settings)

    def listing(self) -> Listing:
        return DirectoryListing(DirectorySource(path=str(self.root)), self.settings.image_roots)


class _Refs:
    """`Scans`, as far as a listing needs it."""

    def __init__(self, refs: list[FileRef]) -> None:
        self._refs = refs

    def files(self, _: str, start: int, limit: int) -> list[FileRef]:
        return self._refs[start : start + limit]


class Upload:
    """Uploads, which a job names."""

    is_listed = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.refs: dict[str, FileRef] = {}

    def files(self) -> Files:
        return Files(self.settings)

    def source(self) -> UploadSource | RetrySource | UrlsSource:
        return UploadSource(files=len(self.refs))

    def take_away(self) -> None:
        shutil.rmtree(self.settings.uploads_dir)

    def put(self, name: str, data: bytes) -> str:
        uri = upload_uri(hashlib.sha256(data).hexdigest(), "jpg")
        path = upload_path(uri, "c", self.settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        mtime_ns = path.stat().st_mtime_ns
        self.refs[name] = FileRef(uri=uri, size=len(data), mtime_ns=mtime_ns, name=name)
        return uri

    def remove(self, name: str) -> None:
        upload_path(self.refs.pop(name).uri, "c", self.settings).unlink()

    def listing(self) -> Listing:
        spec = JobSpec(id="j", collection="c", source=self.source(), created_at=0)
        scans = cast("Any", _Refs(list(self.refs.values())))
        return JobFiles(spec, scans, self.files(), self.fetch)

    def fetch(self, addresses: Iterable[str]) -> Generator[Batch, None, None]:
        """Fetch none: nothing here is an address."""
        assert not list(addresses)
        yield from ()


class Retry(Upload):
    """Failed files of a directory, whose sizes and times were others when they failed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._folder = Folder(settings)

    def put(self, name: str, data: bytes) -> str:
        uri = self._folder.put(name, data)
        self.refs[name] = FileRef(uri=uri, size=0, mtime_ns=0)
        return uri

    def remove(self, name: str) -> None:
        self._folder.remove(name)
        del self.refs[name]

    def take_away(self) -> None:
        self._folder.take_away()

    def source(self) -> UploadSource | RetrySource:
        return RetrySource(job="other", files=len(self.refs))


class Bucket:
    """A bucket that is kept in memory, by obstore's own implementation of its interface."""

    is_listed = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.model_copy(update={"bucket_roots": ("s3://bucket/in",)})
        self._store: ObjectStore = MemoryStore()

    def put(self, name: str, data: bytes) -> str:
        obstore.put(self._store, f"in/{name}", data)
        return BucketLocation("s3", "bucket", f"in/{name}").uri

    def remove(self, name: str) -> None:
        obstore.delete(self._store, f"in/{name}")

    def take_away(self) -> None:
        self._store = S3Store(
            "bucket",
            config={"endpoint": "http://127.0.0.1:1", "skip_signature": True},
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )

    def files(self) -> Files:
        store = self._store
        return Files(self.settings, buckets=BucketFiles(self.settings, opener=lambda _: store))

    def listing(self) -> Listing:
        return BucketListing(BucketSource(url="s3://bucket/in"), self.files())
