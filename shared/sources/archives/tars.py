"""Tars: members are listed in one pass; in plain ones they are then read at random."""

import hashlib
import io
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import IO, NamedTuple

from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, has_picture_extension, sniff
from shared.sources.archives.limits import ArchiveLimits, truncated
from shared.sources.archives.members import (
    Member,
    bounded,
    is_archive_name,
    is_hidden,
    member_uri,
    no_picture,
    plain_name,
    refusal,
)
from shared.sources.archives.tar_walk import TarEntry, TarWalk
from shared.sources.archives.window import Window
from shared.sources.kind import FileStatus, OpenedFile
from shared.sources.stamps import stamp

#: Positions in a compressed tar that are kept, from which a later member is read.
_MAX_WALKS = 4


class _Known(NamedTuple):
    """What was read of a member's header."""

    size: int
    mtime: float
    at: int
    ordinal: int
    error: PictureError | None


class TarReader:
    """An open tar, plain or compressed. Threads may share it. Raises ArchiveError, PictureError.

    `reopen` opens the archive again, for one more position in it; `version` is the archive's size
    and time, which is all that tells whether a member's content changed.
    """

    def __init__(
        self,
        uri: str,
        reopen: Callable[[], IO[bytes]],
        limits: ArchiveLimits,
        version: str,
        max_bytes: int,
    ) -> None:
        self._uri = uri
        self._reopen = reopen
        self._limits = limits
        self._version = version
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._idle: list[TarWalk] = []
        #: The first members of their names that were seen, by a hash of the name.
        self._known: dict[bytes, _Known] = {}
        self._index = self._new_walk()
        self._complete = False
        self.is_sequential = self._index.is_compressed
        # Whoever has taken it from the cache may still read.
        weakref.finalize(self, _close, [self._index], self._idle)

    @property
    def size(self) -> int:
        """Bytes of the archive as it lies there."""
        return self._index.size

    def members(self, limits: ArchiveLimits | None = None) -> Iterator[Member | None]:
        """All members in their order; None for what is no picture. `limits` are instead of its."""
        walk, seen = self._new_walk(limits), set[bytes]()
        with closing(walk):
            while (entry := walk.next()) is not None:
                if entry.is_directory:
                    continue
                member = self._member(walk, entry, seen)
                walk.skip()
                yield member and bounded(member)

    def status(self, name: str) -> FileStatus:
        """A member's size, and the archive's version as the tag. Raises PictureError `missing`."""
        return self._status(self._find(plain_name(name)))

    def open(self, name: str) -> OpenedFile:
        """A member: a part of a plain tar, or what was unpacked of a compressed one."""
        name = plain_name(name)
        if is_archive_name(name):
            raise no_picture()
        if not self.is_sequential:
            known = self._find(name)
            self._require(known)
            self._require_size(known)
            return OpenedFile(self._part(known), self._status(known))
        with self._reached(name) as (walk, known):
            self._require_size(known)
            return OpenedFile(io.BytesIO(walk.read(known.size)), self._status(known))

    def part(self, name: str) -> Callable[[], IO[bytes]]:
        """What opens a member of a plain tar that is an archive."""
        known = self._find(plain_name(name))
        self._require(known)
        return partial(self._part, known)

    @contextmanager
    def unpacking(self, name: str) -> Iterator[tuple[Callable[[int], bytes], int]]:
        """A function that reads on in a member that is an archive, and the member's size."""
        with self._reached(plain_name(name)) as (walk, known):
            self._limits.check_inner(known.size)
            yield walk.read, known.size

    def _part(self, known: _Known) -> IO[bytes]:
        return io.BufferedReader(Window(self._reopen(), known.at, known.size))

    @contextmanager
    def _reached(self, name: str) -> Iterator[tuple[TarWalk, _Known]]:
        """A member of a compressed tar, with a walk that has its data before it."""
        walk = self._take_walk(_key(name))
        try:
            known = self._go_to(walk, name)
            self._require(known)
            yield walk, known
        except BaseException:
            walk.close()
            raise
        self._give_back(walk)

    def _go_to(self, walk: TarWalk, name: str) -> _Known:
        while (entry := walk.next()) is not None:
            known = self._note(entry)
            if (
                known is not None
                and known.ordinal == entry.ordinal
                and plain_name(entry.name) == name
            ):
                return known
            self._limits.check_reach(walk.position)
        raise _missing()

    def _take_walk(self, key: bytes) -> TarWalk:
        """The walk that is nearest before a member; what none has seen is before none of them."""
        with self._lock:
            known = self._known.get(key)
            fit = [walk for walk in self._idle if known is None or walk.count <= known.ordinal]
            if fit:
                nearest = max(fit, key=lambda walk: walk.count)
                self._idle.remove(nearest)
                return nearest
        return self._new_walk()

    def _give_back(self, walk: TarWalk) -> None:
        with self._lock:
            self._idle.append(walk)
            if len(self._idle) > _MAX_WALKS:
                self._idle.pop(0).close()

    def _new_walk(self, limits: ArchiveLimits | None = None) -> TarWalk:
        file = self._reopen()
        try:
            return TarWalk(file, limits or self._limits)
        except BaseException:
            file.close()
            raise

    def _find(self, name: str) -> _Known:
        key = _key(name)
        with self._lock:
            while key not in self._known and not self._complete:
                entry = self._index.next()
                if entry is None:
                    self._complete = True
                else:
                    self._note(entry)
                    if self.is_sequential:
                        self._limits.check_reach(self._index.position)
            if key in self._known:
                return self._known[key]
        raise _missing()

    def _note(self, entry: TarEntry) -> _Known | None:
        try:
            name = plain_name(entry.name)
        except PictureError:
            return None
        # One member of a name is first, in whatever walk it is met.
        return self._known.setdefault(_key(name), _known_of(entry))

    def _require(self, known: _Known) -> None:
        if known.error is not None:
            raise known.error
        if not self.is_sequential and known.at + known.size > self._index.size:
            raise truncated()

    def _require_size(self, known: _Known) -> None:
        if known.size > self._max_bytes:
            mib = self._max_bytes >> 20
            raise PictureError("too_large", f"The file is larger than the limit of {mib} MiB.")

    def _status(self, known: _Known) -> FileStatus:
        return FileStatus(known.size, stamp(known.mtime, self._version))

    def _member(self, walk: TarWalk, entry: TarEntry, seen: set[bytes]) -> Member | None:
        uri = member_uri(self._uri, entry.name)
        status = self._status(_known_of(entry))
        try:
            name = plain_name(entry.name)
        except PictureError as unsafe:
            return Member(uri, status, unsafe) if has_picture_extension(entry.name) else None
        key = _key(name)
        if is_hidden(name) or key in seen:
            return None
        seen.add(key)
        uri, error = member_uri(self._uri, name), refusal(is_file=entry.is_file)
        if is_archive_name(name):
            return Member(uri, status, error, is_archive=True)
        if has_picture_extension(name):
            return Member(uri, status, error)
        if error or not sniff(walk.read(SNIFF_BYTES)):
            return None
        return Member(uri, status)


def _close(*walks: list[TarWalk]) -> None:
    for walk in (walk for some in walks for walk in some):
        walk.close()


def _known_of(entry: TarEntry) -> _Known:
    error = refusal(is_file=entry.is_file)
    return _Known(entry.size, entry.mtime, entry.at, entry.ordinal, error)


def _key(name: str) -> bytes:
    return hashlib.blake2b(os.fsencode(name), digest_size=8).digest()


def _missing() -> PictureError:
    return PictureError("missing", "The archive has no such file any more.")
