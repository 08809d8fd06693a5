"""The ledger counts a chunk once, through kills, repeated calls and late reports."""

import time

from shared.domain.chunk import ChunkOutcome
from tests.chunks import add_chunk
from tests.integration.shared.ledger.ledger import FILES, Ledger, failure


def test_a_chunk_reported_twice_counts_once(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    outcome = ChunkOutcome(indexed=3, failures=(failure(FILES[3]),))

    assert ledger.chunks.complete(job, chunk, outcome)
    assert not ledger.chunks.complete(job, chunk, outcome)

    assert ledger.jobs.get(job).done == 4
    assert len(ledger.jobs.failures(job, None, 10)[0]) == 1


def test_a_chunk_is_one_living_workers(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    other = ledger.worker("worker-2")

    first = ledger.chunks.claim(job, chunk, "token")

    assert first is not None
    assert first.attempt == 1
    assert first.files == tuple(FILES)
    assert other.claim(job, chunk, "token") is None
    assert ledger.chunks.claim(job, chunk, "another token") is None


def test_a_claim_whose_answer_was_lost_is_answered_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    first = ledger.chunks.claim(job, chunk, "token")

    assert ledger.chunks.claim(job, chunk, "token") == first


def test_a_dead_workers_chunk_is_sent_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    other = ledger.worker("worker-2")
    assert ledger.recovery.recover_job(job, 30, queue_empty=True) == (False, [])

    ledger.workers.deregister("worker-1")

    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])
    again = other.claim(job, chunk, "token")
    assert again is not None
    assert again.attempt == 2


def test_a_late_report_of_the_first_worker_counts_once(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    other = ledger.worker("worker-2")
    ledger.workers.deregister("worker-1")
    other.claim(job, chunk, "token")

    assert ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    assert not other.complete(job, chunk, ChunkOutcome(indexed=4))

    assert ledger.jobs.get(job).indexed == 4


def test_a_lost_message_is_sent_again_when_the_queue_is_empty(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()

    assert ledger.recovery.recover_job(job, 30, queue_empty=True) == (False, [])
    assert ledger.recovery.recover_job(job, 0, queue_empty=False) == (False, [])
    assert ledger.recovery.recover_job(job, 0, queue_empty=True) == (False, [chunk])


def test_a_released_chunk_is_handed_out_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")

    ledger.chunks.release(job, chunk, "token")

    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])
    again = ledger.chunks.claim(job, chunk, "token")
    assert again is not None
    assert again.attempt == 1


def test_a_chunk_whose_message_was_lost_is_sent_again_though_others_wait(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    lost, _ = add_chunk(ledger.scans, job, 1, FILES[:1])
    time.sleep(0.002)  # The ledger tells times of sending apart by a tenth of a millisecond.
    read, _ = add_chunk(ledger.scans, job, 1, FILES[1:2])
    time.sleep(0.002)
    waiting, _ = add_chunk(ledger.scans, job, 1, FILES[2:])

    # Nothing says yet that its message is not in the queue.
    assert ledger.recovery.recover_job(job, 0, queue_empty=False) == (False, [])
    # A message that was sent after it was read.
    assert ledger.chunks.claim(job, read) is not None
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [])
    assert ledger.recovery.recover_job(job, 0, queue_empty=False) == (False, [lost])
    # The one that waits behind is left alone, and the lost one is not sent a third time.
    assert ledger.recovery.recover_job(job, 0, queue_empty=False) == (False, [])
    assert ledger.chunks.claim(job, waiting) is not None
    assert ledger.chunks.claim(job, lost) is not None
