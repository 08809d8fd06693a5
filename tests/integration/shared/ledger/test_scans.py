"""The ledger counts a scan's files once, however often and by whom it is scanned."""

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.ledger import ScanSuperseded, chunks
from tests.chunks import add_chunk
from tests.integration.shared.ledger.ledger import FILES, Ledger, failure


def test_the_job_ends_only_after_scan_and_last_chunk(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = add_chunk(ledger.scans, job, 1, FILES)
    ledger.chunks.claim(job, chunk, "token")
    ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))

    assert ledger.jobs.get(job).status == "scanning"
    ledger.scans.finish(job, 1)
    assert ledger.jobs.get(job).status == "done"


def test_an_empty_source_is_done_at_once(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.finish(job, 1)

    assert ledger.jobs.get(job).status == "done"
    assert ledger.jobs.get(job).total == 0


def test_a_dead_indexers_scan_is_sent_again(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    other = ledger.indexer("indexer-2")
    assert other.begin(job) is None
    assert ledger.recovery.recover_job(job, 30, queue_empty=True) == (False, [])

    ledger.workers.deregister("indexer-1")

    assert ledger.recovery.recover_job(job, 30, queue_empty=True) == (True, [])
    start = other.begin(job)
    assert start is not None
    assert start.is_restart


def test_a_scan_begun_again_counts_anew_and_shuts_the_old_one_out(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.record(job, 1, unchanged=7, ignored=3)
    add_chunk(ledger.scans, job, 1, FILES[:2])
    other = ledger.indexer("indexer-2")
    ledger.workers.deregister("indexer-1")

    start = other.begin(job)

    assert start is not None
    assert start.pending_ids == {file.id for file in FILES[:2]}
    with pytest.raises(ScanSuperseded):
        add_chunk(ledger.scans, job, 1, FILES[2:])
    with pytest.raises(ScanSuperseded):
        ledger.scans.record(job, 1, unchanged=1, ignored=0)
    with pytest.raises(ScanSuperseded):
        ledger.scans.finish(job, 1)
    found = ledger.jobs.get(job)
    assert (found.total, found.unchanged, found.ignored) == (2, 0, 0)


def test_failures_and_duplicates_are_remembered_for_a_second_scan(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = add_chunk(ledger.scans, job, 1, FILES[:3])
    ledger.chunks.claim(job, chunk, "token")
    outcome = ChunkOutcome(
        duplicates=1,
        unchanged=1,
        failures=(failure(FILES[0]),),
        duplicate_ids=(FILES[1].id,),
        unchanged_ids=(FILES[2].id,),
    )
    ledger.chunks.complete(job, chunk, outcome)

    known = ledger.scans.accounted(job, [file.id for file in FILES])

    assert list(known) == [True, True, True, False]


def test_ids_that_begin_alike_are_told_apart(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = add_chunk(ledger.scans, job, 1, FILES)
    ledger.chunks.claim(job, chunk, "token")
    # One bucket, and an id that only a look between two others would find.
    ids = ("ab12" + "1" * 28, "ab12" + "2" * 28, "ffff" + "0" * 28)
    outcome = ChunkOutcome(indexed=1, duplicates=3, duplicate_ids=ids)
    ledger.chunks.complete(job, chunk, outcome)

    between = "ab12" + "1" * 14 + "2" * 14
    known = ledger.scans.accounted(job, [*ids, between, "ab12" + "3" * 28])

    assert list(known) == [True, True, True, False, False]


def test_beyond_a_limit_a_second_scan_counts_duplicates_anew(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_REMEMBERED", 2)
    job = ledger.create()
    ledger.scans.begin(job)
    for refs in (FILES[:2], FILES[2:]):
        chunk, _ = add_chunk(ledger.scans, job, 1, refs)
        ledger.chunks.claim(job, chunk, "token")
        ids = tuple(file.id for file in refs)
        outcome = ChunkOutcome(
            unchanged=1, duplicates=1, moved=1, duplicate_ids=ids[:1], unchanged_ids=ids[1:]
        )
        ledger.chunks.complete(job, chunk, outcome)
    before = ledger.jobs.get(job)
    assert (before.total, before.duplicates, before.unchanged) == (4, 2, 2)
    ledger.workers.deregister("indexer-1")

    assert ledger.indexer("indexer-2").begin(job) is not None

    known = ledger.scans.accounted(job, [file.id for file in FILES])
    assert list(known) == [True, True, False, False]
    after = ledger.jobs.get(job)
    assert (after.total, after.duplicates, after.unchanged) == (2, 1, 1)
    # The rows of moved files are there: they are counted as unchanged, and are moves all the same.
    assert after.moved == 2
    assert after.images_per_second == 0


def test_removed_rows_count_once_over_a_restart(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.begin_removal(job, 1, ["a", "b"])
    assert ledger.scans.removal_begun(job) == ["a", "b"]

    ledger.scans.end_removal(job, 1, 2)
    ledger.scans.end_removal(job, 1, 2)

    assert ledger.jobs.get(job).removed == 2
    assert ledger.scans.removal_begun(job) == []
