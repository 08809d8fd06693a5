"""The stages that a batch of a chunk's files goes through: read, compare, decode, encode.

Nothing is written here: `ChunkWrites` collects what the chunk will write at once. A file that fails
a stage is counted as a failure and goes no further.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from typing import TypeVar

from encoder_worker.chunks.duplicates import Duplicates
from encoder_worker.chunks.reading import FileContent, read
from encoder_worker.chunks.result import ChunkResult, ChunkWrites, Decoded
from encoder_worker.chunks.rows import new_row, touched_row
from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.encode.encoder import Encoded, Encoder
from shared.domain.chunk import ChunkClaim, FileRef
from shared.domain.fingerprint import Pooling
from shared.domain.image import ImageRow
from shared.errors import PictureError
from shared.retry import ShuttingDown
from shared.settings import Settings

T = TypeVar("T")

#: Seconds between two checks whether the process is to end.
_STOPPING_CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class Stages:
    """What the chunks of a process share.

    `decode_suspects` decodes the files of a chunk that lost its worker once, each of which may be
    the one that killed it: not on the GPU. Setting `stopping` ends the work on chunks.
    """

    settings: Settings
    encoder: Encoder
    threads: Executor
    decode: BatchDecoder
    decode_suspects: BatchDecoder
    stopping: threading.Event


class ChunkPipeline:
    """Takes files of one claimed chunk through the stages. Raises ShuttingDown, EncoderFailed.

    `stored` are the rows that the collection has of the chunk's files.
    """

    def __init__(
        self,
        stages: Stages,
        claim: ChunkClaim,
        pooling: Pooling,
        stored: Mapping[str, ImageRow],
        duplicates: Duplicates,
    ) -> None:
        self._spec = claim.spec
        self._pooling = pooling
        self._stored = stored
        self._settings = stages.settings
        self._encoder = stages.encoder
        self._threads = stages.threads
        self._decode = stages.decode_suspects if claim.attempt > 1 else stages.decode
        self._stopping = stages.stopping
        self._duplicates = duplicates

    def process_batch(self, files: Sequence[FileRef], writes: ChunkWrites) -> None:
        """Count every file in `writes.result`, and add what there is to write for it."""
        contents = self._skip_unchanged(list(self._read(files, writes.result)), writes)
        if contents:
            contents = self._without(*self._duplicates.drop_indexed(contents), writes)
        pictures = list(self._decoded(contents, writes.result))
        if pictures:
            pictures = self._without(*self._duplicates.drop_claimed(pictures), writes)
        self._encode(pictures, writes)

    def _read(self, files: Sequence[FileRef], result: ChunkResult) -> Iterator[FileContent]:
        self._check_stopping()
        for ref, found in zip(files, self._threads.map(self._read_one, files), strict=True):
            if isinstance(found, PictureError):
                result.fail(ref, found)
            else:
                result.bytes += len(found.data)
                yield found

    def _skip_unchanged(
        self, contents: Sequence[FileContent], writes: ChunkWrites
    ) -> list[FileContent]:
        """The contents that differ from their stored rows; the others are counted."""
        changed = []
        for content in contents:
            stored = self._stored.get(content.ref.id)
            if stored is None or stored.sha256 != content.sha256:
                changed.append(content)
            elif stored.job == self._spec.id:
                # An earlier attempt at this chunk wrote it and was lost before it could say so.
                writes.result.indexed += 1
            else:
                writes.result.unchanged.append(stored.id)
                if (touched := touched_row(content, self._spec, stored)) != stored:
                    writes.touched.append(touched)
        return changed

    def _without(self, kept: Sequence[T], left_out: Sequence[str], writes: ChunkWrites) -> list[T]:
        writes.result.duplicates += left_out
        # The row of a file that has become a duplicate must no longer be found.
        writes.superseded += [image for image in left_out if image in self._stored]
        return list(kept)

    def _decoded(self, contents: Sequence[FileContent], result: ChunkResult) -> Iterator[Decoded]:
        self._check_stopping()
        results = self._decode([content.data for content in contents])
        for content, found in zip(contents, results, strict=True):
            if isinstance(found, PictureError):
                result.fail(content.ref, found)
            else:
                yield Decoded(content, found)

    def _encode(self, pictures: Sequence[Decoded], writes: ChunkWrites) -> None:
        self._check_stopping()
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
            _, pending = wait(pending, timeout=_STOPPING_CHECK_SECONDS)
            if pending and self._stopping.is_set():
                for future in pending:
                    future.cancel()
                raise ShuttingDown

    def _read_one(self, ref: FileRef) -> FileContent | PictureError:
        try:
            return read(ref, self._spec.collection, self._settings)
        except PictureError as error:
            return error

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise ShuttingDown
