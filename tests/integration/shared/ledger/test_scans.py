"""The ledger counts a scan's files once, however often and by whom it is scanned."""

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.ledger import ScanSuperseded
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
        indexed=1, duplicates=1, failures=(failure(FILES[0]),), duplicate_ids=(FILES[1].id,)
    )
    ledger.chunks.complete(job, chunk, outcome)

    known = ledger.scans.accounted(job, [file.id for file in FILES])

    assert list(known) == [True, True, False, False]


def test_removed_rows_count_once_over_a_restart(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.begin_removal(job, 1, ["a", "b"])
    assert ledger.scans.removal_begun(job) == ["a", "b"]

    ledger.scans.end_removal(job, 1, 2)
    ledger.scans.end_removal(job, 1, 2)

    assert ledger.jobs.get(job).removed == 2
    assert ledger.scans.removal_begun(job) == []
