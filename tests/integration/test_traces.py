"""What a request caused is one trace and has one id in the log, whoever works on it."""

import structlog
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from shared import tracing
from shared.ledger import Chunks, JobRecovery, keys
from tests.drawn import draw_files
from tests.integration.conftest import OpenLibrary
from tests.tracing import context_of, id_of, kept_spans, parent_of, trace_of


def test_a_load_is_one_trace_though_its_encoder_was_lost(open_library: OpenLibrary) -> None:
    library = open_library()
    draw_files(library.root, 2)
    indexer, redis = library.indexing.indexer(), library.redis

    with kept_spans() as spans:
        with tracing.span("request"):
            job = library.indexing.job()
        indexer.scan(job)
        (chunk,) = library.indexing.pending(job)
        assert Chunks(redis, "lost").claim(job, chunk) is not None
        redis.delete(keys.WORKER + "lost")
        assert JobRecovery(redis, indexer.id).recover_job(job, 0.0, True)[1] == [chunk]
        with tracing.span("resent"):
            library.encoding.worker().work(job, chunk)

    assert library.jobs.get(job).status == "done"
    request, scan, worked = (spans.one(name) for name in ("request", "scan", "chunk"))
    parts = [spans.one(f"chunk.{part}") for part in ("read", "decode", "encode", "insert")]
    assert {trace_of(span) for span in (scan, worked, *parts)} == {trace_of(request)}
    assert parent_of(scan) == parent_of(worked) == id_of(request)
    assert {parent_of(part) for part in parts} == {id_of(worked)}
    assert [link.context for link in worked.links] == [context_of(spans.one("resent"))]
    attributes = dict(worked.attributes or {})
    assert (attributes["job"], attributes["chunk"], attributes["attempt"]) == (job, chunk, 2)


def test_lines_of_a_load_have_the_id_of_its_request(open_library: OpenLibrary) -> None:
    library = open_library()
    draw_files(library.root, 2)
    with bound_contextvars(request_id="r-1"):
        job = library.indexing.job()

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        library.indexing.indexer().scan(job)
        library.work(job)

    named = {line["event"]: line.get("request_id") for line in lines}
    assert named["scan_started"] == named["scan_finished"] == named["chunk_completed"] == "r-1"
