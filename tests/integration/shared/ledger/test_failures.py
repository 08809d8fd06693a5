"""Failures are the same, packed in blocks or not, for every reader and at every time."""

import itertools

import pytest

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.ledger import FailureLists, keys
from shared.ledger.failures import BLOCK
from tests.chunks import add_chunk
from tests.integration.shared.ledger.ledger import Ledger, failure

_numbers = itertools.count()


@pytest.fixture
def failures(ledger: Ledger) -> FailureLists:
    return FailureLists(ledger.redis)


def _fail(ledger: Ledger, job: str, count: int) -> list[str]:
    """Report a chunk of which every file failed; their uris."""
    numbers = itertools.islice(_numbers, count)
    files = [FileRef(uri=f"file:///p/{n:05}.jpg", size=n, mtime_ns=n) for n in numbers]
    chunk, _ = add_chunk(ledger.scans, job, 1, files)
    ledger.chunks.claim(job, chunk)
    ledger.chunks.complete(job, chunk, ChunkOutcome(failures=tuple(map(failure, files))))
    return [file.uri for file in files]


def _begun(ledger: Ledger) -> str:
    job = ledger.create()
    ledger.scans.begin(job)
    return job


def _bytes(ledger: Ledger, job: str, *parts: str) -> int:
    return sum(ledger.redis.memory_usage(keys.job(job, part), samples=0) or 0 for part in parts)


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 7])
@pytest.mark.parametrize("limit", [1, 100, BLOCK, 1000])
def test_every_page_is_the_same_packed_or_not(
    ledger: Ledger, failures: FailureLists, count: int, limit: int
) -> None:
    job = _begun(ledger)
    uris = _fail(ledger, job, count)
    failures.pack(job)
    later = _fail(ledger, job, 3)

    seen, cursor = [], None
    while True:
        page, cursor = ledger.jobs.failures(job, cursor, limit)
        assert len(page) <= limit
        seen += [f.uri for f in page]
        if cursor is None:
            break

    assert seen == [*uris, *later]


def test_packing_between_two_pages_moves_nothing(ledger: Ledger, failures: FailureLists) -> None:
    job = _begun(ledger)
    uris = _fail(ledger, job, 2 * BLOCK + 50)
    page, cursor = ledger.jobs.failures(job, None, BLOCK + 10)
    failures.pack(job)
    rest, end = ledger.jobs.failures(job, cursor, 1000)

    assert [f.uri for f in [*page, *rest]] == uris
    assert end is None


def test_all_but_less_than_a_block_is_packed_to_a_third(
    ledger: Ledger, failures: FailureLists
) -> None:
    job = _begun(ledger)
    _fail(ledger, job, 4 * BLOCK + 9)
    before = _bytes(ledger, job, "failures")
    failures.pack(job)

    assert ledger.redis.llen(keys.job(job, "failures")) == 9
    assert ledger.redis.llen(keys.job(job, "failure_blocks")) == 4
    assert _bytes(ledger, job, "failures", "failure_blocks") < before / 3


def test_a_block_that_another_indexer_has_packed_is_refused(
    ledger: Ledger, failures: FailureLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _begun(ledger)
    uris = _fail(ledger, job, 3 * BLOCK)
    slow, read = FailureLists(ledger.redis), ledger.redis.lrange

    def read_slowly(key: str, start: int, end: int) -> list[bytes]:
        """What was read is packed by the other one before this one goes on."""
        rows: list[bytes] = read(key, start, end)
        monkeypatch.setattr(ledger.redis, "lrange", read)
        failures.pack(job)
        return rows

    monkeypatch.setattr(ledger.redis, "lrange", read_slowly)
    slow.pack(job)

    assert [f.uri for f in ledger.jobs.iter_failures(job)] == uris


def test_packed_failures_expire_with_their_job_and_go_with_their_collection(
    ledger: Ledger, failures: FailureLists
) -> None:
    job, other = _begun(ledger), _begun(ledger)
    for each in (job, other):
        _fail(ledger, each, 2 * BLOCK)
        ledger.jobs.cancel(each)
        failures.pack(each)
    assert ledger.redis.ttl(keys.job(job, "failure_blocks")) > 0

    ledger.jobs.forget_collection("shoes")
    failures.pack(job)

    assert ledger.redis.keys(f"{keys.job('')}*") == []
