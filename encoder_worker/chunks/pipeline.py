"""The stages that a portion of a chunk goes through: read, compare, decode, encode.

Nothing is written here; what is to be written gathers in a `ChunkWrites`, for the chunk to write at
once. A file that fails a stage is counted in the tally and goes no further.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.reading import FileContent, read
from encoder_worker.chunks.result import ChunkResult
from encoder_worker.chunks.rows import new_row, touched_row
from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.decode.decoder import Picture
from encoder_worker.encode.encoder import Encoded, Encoder
from shared.domain.chunk import (
    ChunkClaim,
    FileRef,
)
from shared.domain.fingerprint import Pooling
from shared.domain.image import ImageRow
from shared.errors import PictureError
from shared.retry import ShuttingDown
from shared.settings import Settings

T = TypeVar("T")

#: Seconds between two looks at whether the process is to end.
_LOOK_UP = 0.5


class Decoded(NamedTuple):
    content: FileContent
    picture: Picture


@dataclass
class ChunkWrites:
    """What a chunk will write: rows with their vectors, rows without, rows to forget."""

    result: ChunkResult
    rows: list[ImageRow] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    touched: list[ImageRow] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)


class Duplicates(NamedTuple):
    """How a job that skips duplicates tells them: in the collection, and among its own files.

    Both take what a stage has and split it into what goes on and the ids that are left out.
    """

    present: Callable[[Sequence[FileContent]], tuple[Sequence[FileContent], Sequence[str]]]
    taken: Callable[[Sequence[Decoded]], tuple[Sequence[Decoded], Sequence[str]]]


class ChunkPipeline:
    """Takes files of one claimed chunk through the stages. Raises ShuttingDown, EncoderFailed."""

    def __init__(
        self,
        claim: ChunkClaim,
        pooling: Pooling,
        stored: Mapping[str, ImageRow],
        *,
        settings: Settings,
        encoder: Encoder,
        threads: Executor,
        decode_all: BatchDecoder,
        duplicates: Duplicates | None,
        stopping: threading.Event,
    ) -> None:
        self._spec = claim.spec
        self._pooling = pooling
        self._stored = stored
        self._settings = settings
        self._encoder = encoder
        self._threads = threads
        self._decode_all = decode_all
        self._duplicates = duplicates
        self._stopping = stopping

    def process_batch(self, files: Sequence[FileRef], writes: ChunkWrites) -> None:
        """Count every file in the harvest's tally, and add what there is to write for it."""
        contents = list(self._read(files, writes.result))
        contents = [item for item in contents if not self._known(item, writes)]
        if self._duplicates and contents:
            contents = self._without(*self._duplicates.present(contents), writes)
        pictures = list(self._decoded(contents, writes.result))
        if self._duplicates and pictures:
            pictures = self._without(*self._duplicates.taken(pictures), writes)
        self._encode(pictures, writes)

    def _read(self, files: Sequence[FileRef], result: ChunkResult) -> Iterator[FileContent]:
        self._look_up()
        for ref, found in zip(files, self._threads.map(self._read_one, files), strict=True):
            if isinstance(found, PictureError):
                result.fail(ref, found)
            else:
                result.bytes += len(found.data)
                yield found

    def _known(self, content: FileContent, writes: ChunkWrites) -> bool:
        """Whether the collection has this very content under this very uri."""
        stored = self._stored.get(content.ref.id)
        if stored is None or stored.sha256 != content.sha256:
            return False
        if stored.job == self._spec.id:
            # An earlier attempt at this chunk wrote it and was lost before it could say so.
            writes.result.indexed += 1
            return True
        writes.result.unchanged.append(stored.id)
        if (touched := touched_row(content, self._spec, stored)) != stored:
            writes.touched.append(touched)
        return True

    def _without(self, kept: Sequence[T], left_out: Sequence[str], writes: ChunkWrites) -> list[T]:
        writes.result.duplicates += left_out
        # A file that was one picture and is now another's duplicate must not be found any more.
        writes.superseded += [image for image in left_out if image in self._stored]
        return list(kept)

    def _decoded(self, contents: Sequence[FileContent], result: ChunkResult) -> Iterator[Decoded]:
        self._look_up()
        results = self._decode_all([content.data for content in contents])
        for content, found in zip(contents, results, strict=True):
            if isinstance(found, PictureError):
                result.fail(content.ref, found)
            else:
                yield Decoded(content, found)

    def _encode(self, pictures: Sequence[Decoded], writes: ChunkWrites) -> None:
        self._look_up()
        futures = [self._encoder.submit(item.picture.pixels, self._pooling) for item in pictures]
        self._await(futures)
        for (content, picture), future in zip(pictures, futures, strict=True):
            try:
                encoded = future.result()
            except PictureError as error:
                writes.result.fail(content.ref, error)
                continue
            stored = self._stored.get(content.ref.id)
            writes.rows.append(new_row(content, picture, self._spec, stored))
            writes.vectors.append(encoded.vector)
            writes.result.indexed += 1
            writes.result.encode_seconds += encoded.seconds

    def _await(self, futures: Sequence[Future[Encoded]]) -> None:
        pending = set(futures)
        while pending:
            _, pending = wait(pending, timeout=_LOOK_UP)
            if pending and self._stopping.is_set():
                for future in pending:
                    future.cancel()
                raise ShuttingDown

    def _read_one(self, ref: FileRef) -> FileContent | PictureError:
        try:
            return read(ref, self._spec.collection, self._settings)
        except PictureError as error:
            return error

    def _look_up(self) -> None:
        if self._stopping.is_set():
            raise ShuttingDown
