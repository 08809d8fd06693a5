"""Uploads of folders, batch by batch: what to send, and what became of it. A client runs them."""

import hashlib
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from lookalike_client import calls
from lookalike_client.call import Call
from lookalike_client.errors import ApiError, InvalidRequest, NotFound, TooLarge
from lookalike_client.exchange import Retries
from lookalike_client.models import ImageList, System, Upload, UploadedFile

#: Few enough that their hashes fit into the address of one request.
_BATCH_FILES: Final = 64
_BATCH_BYTES: Final = 16 * 2**20
#: What the form's own lines take of the largest request.
_FORM_BYTES: Final = 2**20


@dataclass(frozen=True)
class LocalFile:
    """A file to upload; `size` is in bytes, `is_picture` is what its name says."""

    path: Path
    size: int
    is_picture: bool = True


@dataclass
class BatchOutcome:
    """What became of a batch. Each of its files is in one of `known`, `sent` and `failed`."""

    #: Not sent, as the collection has their content.
    known: list[Path] = field(default_factory=list)
    #: Taken by the server, with what it said of each; an archive is here for every picture in it.
    sent: list[tuple[Path, UploadedFile]] = field(default_factory=list)
    #: With the code and the reason, of the server or of the file system (`unreadable`).
    failed: list[tuple[Path, str, str]] = field(default_factory=list)
    #: The jobs that index what was sent.
    jobs: list[str] = field(default_factory=list)
    #: Bytes sent.
    bytes: int = 0


@dataclass(frozen=True)
class FolderUpload:
    """Pictures to upload into a collection: of folders, and below them, and files as they are.

    Of a folder it takes the files whose names end as a picture's do, and no hidden ones. With
    `resume`, contents that the collection has are not sent again (and get none of the tags).
    With `wait`, each batch is answered once it can be searched.
    """

    collection: str
    paths: Sequence[Path]
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    on_duplicate: Literal["keep", "skip"] = "keep"
    resume: bool = True
    wait: bool = False

    #: The queue may be full for as long as it takes to load what is in it.
    retries: ClassVar[Retries] = Retries(attempts=1000, patience=3600.0)

    def files(self, system: System) -> Iterator[LocalFile]:
        """The files to upload, in the order of their names. Raises FileNotFoundError."""
        extensions = {
            f".{extension.removeprefix('.').lower()}"
            for known in system.formats
            for extension in known.extensions
        }
        for path in self.paths:
            if path.is_dir():
                yield from _below(path, extensions)
            else:
                is_picture = path.suffix.lower() in extensions
                yield LocalFile(path, path.stat().st_size, is_picture)

    def batches(self, system: System) -> Iterator[list[LocalFile]]:
        """The files in batches that the server takes as one request each."""
        limits = system.limits
        most = min(_BATCH_FILES, limits.max_upload_files)
        largest = min(_BATCH_BYTES, limits.max_upload_mb * 2**20 - _FORM_BYTES)
        batch: list[LocalFile] = []
        size = 0
        for file in self.files(system):
            # What may be an archive goes alone: the reply names what is in it.
            is_full = len(batch) == most or size + file.size > largest
            if batch and (is_full or not (file.is_picture and batch[-1].is_picture)):
                yield batch
                batch, size = [], 0
            batch.append(file)
            size += file.size
        if batch:
            yield batch

    def steps(self, batch: Sequence[LocalFile]) -> Generator[Call[Any], Any, BatchOutcome]:
        """Upload a batch: yields calls, is sent what they give, or thrown what they raise."""
        outcome = BatchOutcome()
        new = batch
        if self.resume:
            new = yield from self._unknown(batch, outcome)
        if new:
            yield from self._send(new, outcome)
        return outcome

    def _unknown(
        self, batch: Sequence[LocalFile], outcome: BatchOutcome
    ) -> Generator[Call[ImageList], ImageList, list[LocalFile]]:
        hashes: dict[str, list[LocalFile]] = {}
        for file in batch:
            try:
                with file.path.open("rb") as opened:
                    digest = hashlib.file_digest(opened, "sha256").hexdigest()
            except OSError as error:
                outcome.failed.append((file.path, "unreadable", error.strerror or str(error)))
            else:
                hashes.setdefault(digest, []).append(file)
        known: set[str] = set()
        try:
            call = calls.list_images(
                self.collection,
                filter={"must": [{"field": "sha256", "any": list(hashes) or ["0" * 64]}]},
                limit=1000,
            )
            while True:
                page = yield call
                known.update(image.sha256 for image in page.items)
                if page.next_cursor is None or known.issuperset(hashes):
                    break
                call = call.at(page.next_cursor)
        except NotFound:
            pass  # The first upload creates the collection.
        for digest in known & hashes.keys():
            outcome.known += [file.path for file in hashes[digest]]
        return [file for digest, found in hashes.items() if digest not in known for file in found]

    def _send(
        self, files: Sequence[LocalFile], outcome: BatchOutcome
    ) -> Generator[Call[Upload], Upload, None]:
        waiting = [list(files)]
        while waiting:
            part = waiting.pop(0)
            try:
                reply = yield calls.upload_images(
                    self.collection,
                    [file.path for file in part],
                    tags=list(self.tags),
                    metadata=self.metadata,
                    on_duplicate=self.on_duplicate,
                    wait=self.wait or None,
                )
            except (InvalidRequest, TooLarge) as error:
                smaller = _smaller(part, error)
                if not smaller:
                    (file,) = part
                    reason = error.detail.removeprefix(f"{file.path.name}: ")
                    outcome.failed.append((file.path, error.code, reason))
                waiting = smaller + waiting
            else:
                outcome.jobs.append(reply.id)
                outcome.bytes += sum(file.size for file in part)
                outcome.sent += zip(_owners(part, reply.files), reply.files, strict=True)


def _owners(part: Sequence[LocalFile], said: Sequence[UploadedFile]) -> list[Path]:
    """Which file each outcome is of: of an archive there may be many, named as in it."""
    if len(part) == len(said):
        return [file.path for file in part]
    names = {file.path.name: file.path for file in part}
    return [names.get(one.name.partition("/")[0], part[0].path) for one in said]


def _smaller(part: list[LocalFile], error: ApiError) -> list[list[LocalFile]]:
    """What to send in place of a part that was refused; nothing where its one file is at fault."""
    if error.code == "validation_error":
        raise error
    if len(part) == 1:
        return []
    if isinstance(error, TooLarge):
        middle = len(part) // 2
        return [part[:middle], part[middle:]]
    # None of them is a picture, and the error tells of the first.
    return [[file] for file in part]


def _below(folder: Path, extensions: set[str]) -> Iterator[LocalFile]:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry), extensions)
        elif entry.is_file() and Path(entry).suffix.lower() in extensions:
            yield LocalFile(Path(entry), entry.stat().st_size)
