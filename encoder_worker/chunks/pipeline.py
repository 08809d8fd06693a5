"""The stages that a batch of a chunk's files goes through: read, compare, decode, encode.

Nothing is written here: `ChunkWrites` collects what the chunk will write at once. A file that fails
a stage is counted as a failure and goes no further.
"""

from collections.abc import Iterator, Sequence

from encoder_worker.chunks.matching import Match, Matcher
from encoder_worker.chunks.other_editions import OtherEditions
from encoder_worker.chunks.reading import FileContent
from encoder_worker.chunks.regions import RegionEncoding
from encoder_worker.chunks.result import ChunkResult, ChunkWrites, Counted, Decoded, PlannedRow
from encoder_worker.chunks.rows import moved_row, new_row, touched_row
from encoder_worker.chunks.stages import Stages
from shared import tracing
from shared.domain.chunk import ChunkClaim, FileRef
from shared.domain.fingerprint import Pooling
from shared.domain.image import ImageRow
from shared.errors import PictureError


class ChunkPipeline:
    """Takes files of one claimed chunk through the stages. Raises ShuttingDown, EncoderFailed."""

    def __init__(
        self,
        stages: Stages,
        claim: ChunkClaim,
        pooling: Pooling,
        matcher: Matcher,
        regions: RegionEncoding | None = None,
        editions: OtherEditions | None = None,
    ) -> None:
        """`regions` are of a collection that has them."""
        self._editions = editions
        self._stages = stages
        self._regions = regions
        self._spec = claim.spec
        self._pooling = pooling
        self._matcher = matcher
        self._settings = stages.settings
        self._reader = stages.reader
        self._encoder = stages.encoder
        self._decode = stages.decode_suspects if claim.attempt > 1 else stages.decode

    def process_batch(self, files: Sequence[FileRef], writes: ChunkWrites) -> list[FileRef]:
        """Count files in `writes.result`, and add what there is to write for them.

        Returns those that must come again in a later round, which are not counted.
        """
        with tracing.span("chunk.read", files=len(files)):
            contents = list(self._read(files, writes.result))
        matches = self._matcher.match(contents)
        later = [match.content.ref for match in matches if match.kind == "later"]
        matches = [match for match in matches if match.kind != "later"]
        writes.result.bytes += sum(len(match.content.data) for match in matches)
        new = [match for match in matches if match.kind == "new"]
        first = len(writes.rows)
        for match in matches:
            if match.kind != "new":
                self._add_known(match, writes)
        with tracing.span("chunk.decode", pictures=len(new)):
            pictures = list(self._decoded(new, writes.result))
        with tracing.span("chunk.encode", pictures=len(pictures)):
            self._encode(pictures, writes)
        if self._editions is not None:
            self._editions.renew(writes, first, matches)
        if self._regions is not None:
            self._regions.add(writes, first, matches)
        if self._editions is not None:
            self._editions.add(writes, first, matches)
        return later

    def _read(self, files: Sequence[FileRef], result: ChunkResult) -> Iterator[FileContent]:
        self._stages.check_stopping()
        for ref, found in zip(files, self._reader.read(files, self._spec.collection), strict=True):
            if isinstance(found, PictureError):
                result.fail(ref, found)
            else:
                yield found

    def _add_known(self, match: Match, writes: ChunkWrites) -> None:
        """Count a file that is not encoded, and add its row."""
        content, own, source, result = match.content, match.own, match.source, writes.result
        if match.kind == "duplicate":
            result.duplicates.append(content.ref.id)
            writes.skipped.append((content.ref, content.sha256))
            if own is not None:
                # A file that was one picture and is now another's duplicate must not be found.
                writes.superseded.append(own.id)
        elif match.kind == "copied" and source is not None:
            result.indexed += 1
            row = self._allowed(new_row(content, source.row, self._spec, own))
            writes.add(content.ref, row, own, source.vector)
        elif match.kind == "moved" and source is not None:
            counted = self._count_unchanged(match, result)
            row = self._allowed(moved_row(content.ref, self._spec, source.row))
            writes.add(content.ref, row, source.row, source.vector, counted)
        elif own is not None:
            counted = self._count_unchanged(match, result)
            if counted == "indexed":
                writes.written_before.append(own)
            if (touched := touched_row(content.ref, self._spec, own)) != own:
                writes.touched.append(PlannedRow(content.ref, touched, own, None, counted))
        self._add_replaced(match, writes)

    def _count_unchanged(self, match: Match, result: ChunkResult) -> Counted:
        own = match.own
        if match.kind == "unchanged" and own is not None and own.job == self._spec.id:
            # An earlier attempt at this chunk wrote it and was lost before it could say so.
            result.indexed += 1
            return "indexed"
        result.unchanged.append(match.content.ref.id)
        result.moved += match.kind == "moved"
        return "moved" if match.kind == "moved" else "unchanged"

    def _add_replaced(self, match: Match, writes: ChunkWrites) -> None:
        own = match.own
        if own is not None and own.job != self._spec.id and match.kind != "unchanged":
            writes.taken_over.setdefault(own.job, []).append(own.id)
        if match.replaced is not None:
            writes.replaced.append(match.replaced)
        if match.left is not None:
            writes.left.append(match.left)

    def _decoded(self, matches: Sequence[Match], result: ChunkResult) -> Iterator[Decoded]:
        if not matches:
            return
        self._stages.check_stopping()
        results = self._decode([match.content.data for match in matches])
        for match, found in zip(matches, results, strict=True):
            if isinstance(found, PictureError):
                result.fail(match.content.ref, found)
            else:
                yield Decoded(match, found)

    def _encode(self, pictures: Sequence[Decoded], writes: ChunkWrites) -> None:
        self._stages.check_stopping()
        futures = [self._encoder.submit(item.picture.pixels, self._pooling) for item in pictures]
        self._stages.wait_encoded(futures)
        for (match, picture), future in zip(pictures, futures, strict=True):
            try:
                encoded = future.result()
            except PictureError as error:
                writes.result.fail(match.content.ref, error)
                continue
            row = self._allowed(new_row(match.content, picture, self._spec, match.own))
            writes.add(match.content.ref, row, match.own, encoded.vector)
            self._add_replaced(match, writes)
            writes.result.indexed += 1
            writes.result.encode_seconds += encoded.seconds

    def _allowed(self, row: ImageRow) -> ImageRow:
        """A row that a vector is written with, with the facts that the settings let it keep."""
        if self._settings.keep_gps:
            return row
        return row.model_copy(update={"facts": row.facts.without_place()})
