"""What a chunk writes of files that it need not encode."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from encoder_worker.chunks.matching import Match, Matcher
from encoder_worker.chunks.pipeline import ChunkPipeline
from encoder_worker.chunks.reading import FileContent, FileReader
from encoder_worker.chunks.result import ChunkResult, ChunkWrites
from encoder_worker.chunks.rules import Kind
from encoder_worker.chunks.stages import Stages
from encoder_worker.encode.encoder import Encoder
from shared.domain.chunk import ChunkClaim, FileRef
from shared.domain.facts import Facts, Place
from shared.domain.image import ImageRow, StoredImage
from shared.domain.job import JobSpec, UploadSource
from shared.errors import PictureError
from shared.pictures.square import Picture
from shared.settings import Settings
from shared.sources import Files

FACTS = Facts(taken_at=5, camera="A", gps=Place(lat=1, lon=2))
ROW = ImageRow(
    id="0" * 32,
    uri="file:///p/before.jpg",
    sha256="0" * 64,
    width=1,
    height=1,
    bytes=1,
    mtime_ns=1,
    format="jpeg",
    added_at=1,
    job="earlier",
    tags=(),
    metadata={},
    facts=FACTS,
)


class Matched:
    """A matcher that has compared one file already."""

    def __init__(self, match: Match) -> None:
        self._match = match

    def match(self, _: object) -> list[Match]:
        return [self._match]


def nothing(files: Sequence[bytes]) -> list[Picture | PictureError]:
    assert not files
    return []


def written(kind: Kind, *, keep_gps: bool) -> ImageRow:
    """The row that a file is given whose content another row describes, with its place."""
    spec = JobSpec(id="j", collection="c", source=UploadSource(files=1), created_at=0.0)
    ref = FileRef(uri="file:///p/after.jpg", size=1, mtime_ns=2)
    match = Match(FileContent(ref, b"x", ROW.sha256), kind, source=StoredImage(ROW, [0.0] * 512))
    settings = Settings(keep_gps=keep_gps)
    with ThreadPoolExecutor(1) as threads, FileReader(Files(settings), settings, threads) as reader:
        stages = Stages(
            settings=settings,
            encoder=cast("Encoder", None),
            reader=reader,
            decode=nothing,
            decode_suspects=nothing,
            decode_regions=nothing,
            stopping=threading.Event(),
        )
        claim = ChunkClaim(spec=spec, chunk_id="1", files=(ref,), attempt=1, token="t")
        matcher = cast("Matcher", Matched(match))
        writes = ChunkWrites(ChunkResult(attempt=1), read_at=0.0)
        assert ChunkPipeline(stages, claim, "avg", matcher).process_batch([], writes) == []
    (planned,) = writes.rows
    assert planned.row.uri == ref.uri
    return planned.row


@pytest.mark.parametrize("kind", ["copied", "moved"])
def test_places_are_taken_over_only_where_they_are_kept(kind: Kind) -> None:
    assert written(kind, keep_gps=True).facts == FACTS
    assert written(kind, keep_gps=False).facts == FACTS.without_place()
