"""Archives that pictures are loaded from, made for a test."""

import os
from functools import reduce

from indexer.sources import Listing
from indexer.sources.archive import ArchiveListing
from shared.domain.job import ArchiveSource
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.sources import Files
from shared.sources.archives.members import member_uri
from tests.archives import archive_of, write_archive
from tests.unit.indexer.sources.places import Place


class Archive:
    """An archive, which is written anew for each change."""

    is_listed = True

    def __init__(self, settings: Settings, name: str, *within: str) -> None:
        self.settings = settings
        self.path = settings.image_roots[0] / name
        #: Names of archives, each in the one before it, of which the last has the pictures.
        self.within = within
        self.contents: dict[str, bytes] = {}
        self._written = 10**9

    def put(self, name: str, data: bytes) -> str:
        self.contents[name] = data
        self._write()
        return reduce(member_uri, (*self.within, name), file_uri(self.path))

    def remove(self, name: str) -> None:
        del self.contents[name]
        self._write()

    def take_away(self) -> None:
        self.path.unlink()

    def files(self) -> Files:
        return Files(self.settings)

    def listing(self) -> Listing:
        return ArchiveListing(ArchiveSource(path=str(self.path)), self.files())

    def _write(self) -> None:
        contents = self.contents
        for inner in reversed(self.within):
            contents = {inner: archive_of(inner, contents)}
        write_archive(self.path, contents)
        self._written += 1  # Clocks of file systems may be coarse.
        os.utime(self.path, (self._written, self._written))


def zipped(settings: Settings) -> Place:
    return Archive(settings, "source!.zip")


def tarred(settings: Settings) -> Place:
    return Archive(settings, "source.tar")


def gzipped(settings: Settings) -> Place:
    return Archive(settings, "source.tar.gz")


def xzipped(settings: Settings) -> Place:
    return Archive(settings, "source.tar.xz")


def zstandard(settings: Settings) -> Place:
    return Archive(settings, "source.tar.zst")


def zip_in_zip(settings: Settings) -> Place:
    return Archive(settings, "source.zip", "in/inner !.zip")


def tars_in_tars(settings: Settings) -> Place:
    return Archive(settings, "source.tar", "a.tar", "b.tar")


def zip_in_gzipped(settings: Settings) -> Place:
    return Archive(settings, "source.tar.gz", "a.tar", "b.zip")


def gzipped_in_zip(settings: Settings) -> Place:
    return Archive(settings, "source.zip", "a.tar.gz")
