"""A content is one chunk's until its rows are written, however its worker and its job end."""

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.ledger import JobEnded, keys
from tests.chunks import add_chunk
from tests.integration.shared.ledger.ledger import FILES, Ledger


def claim(ledger: Ledger, job: str, chunk: str, *contents: str) -> set[str]:
    return ledger.content_claims.claim("shoes", job, chunk, contents)


def test_a_content_is_one_chunks(ledger: Ledger) -> None:
    (one, chunk), (other, second) = ledger.scanned(), ledger.scanned()
    assert claim(ledger, one, chunk, "aa", "bb") == {"aa", "bb"}
    assert claim(ledger, other, second, "aa", "cc") == {"cc"}
    assert claim(ledger, one, chunk, "aa") == {"aa"}
    assert ledger.content_claims.claim("hats", other, second, ["aa"]) == {"aa"}


def test_a_chunk_of_the_same_job_is_another_one(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    first, _ = add_chunk(ledger.scans, job, 1, FILES[:2])
    second, _ = add_chunk(ledger.scans, job, 1, FILES[2:])
    assert claim(ledger, job, first, "aa") == {"aa"}
    assert claim(ledger, job, second, "aa") == set()


def test_a_released_content_is_free(ledger: Ledger) -> None:
    (one, chunk), (other, second) = ledger.scanned(), ledger.scanned()
    claim(ledger, one, chunk, "aa", "bb")
    ledger.content_claims.release("shoes", other, second, ["aa"])
    assert claim(ledger, other, second, "aa") == set()
    ledger.content_claims.release("shoes", one, chunk, ["aa"])
    assert claim(ledger, other, second, "aa", "bb") == {"aa"}
    ledger.content_claims.release("shoes", one, chunk, [])


def test_a_claim_ends_with_its_chunk(ledger: Ledger) -> None:
    """Its worker was killed after the report, or it died and the files changed meanwhile."""
    (one, chunk), (other, second) = ledger.scanned(), ledger.scanned()
    claim(ledger, one, chunk, "aa")
    ledger.chunks.claim(one, chunk)
    ledger.chunks.complete(one, chunk, ChunkOutcome(indexed=4))
    assert claim(ledger, other, second, "aa") == {"aa"}


def test_a_dead_workers_claim_stands_until_its_chunk_is_done_again(ledger: Ledger) -> None:
    (one, chunk), (other, second) = ledger.scanned(), ledger.scanned()
    ledger.chunks.claim(one, chunk)
    claim(ledger, one, chunk, "aa")
    ledger.redis.delete(keys.WORKER + "worker-1")
    assert claim(ledger, other, second, "aa") == set()


def test_a_cancelled_jobs_claim_stands_while_its_worker_may_write(ledger: Ledger) -> None:
    (one, chunk), (other, second) = ledger.scanned(), ledger.scanned()
    ledger.chunks.claim(one, chunk)
    claim(ledger, one, chunk, "aa")
    ledger.jobs.cancel(one)
    assert claim(ledger, other, second, "aa") == set()
    ledger.redis.delete(keys.WORKER + "worker-1")
    assert claim(ledger, other, second, "aa") == {"aa"}


def test_a_job_that_ended_claims_nothing(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.jobs.cancel(job)
    with pytest.raises(JobEnded):
        claim(ledger, job, chunk, "aa")


def test_a_chunk_that_was_reported_claims_nothing(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = add_chunk(ledger.scans, job, 1, FILES)
    ledger.chunks.claim(job, chunk)
    ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    with pytest.raises(JobEnded):
        claim(ledger, job, chunk, "aa")


def test_the_claims_of_a_dropped_collection_are_deleted(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    claim(ledger, job, chunk, "aa")
    assert ledger.redis.ttl(keys.contents("shoes")) > 0
    ledger.jobs.forget_collection("shoes")
    assert not ledger.redis.exists(keys.contents("shoes"))
