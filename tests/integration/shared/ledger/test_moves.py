"""Each row is moved to one file, and a row that is replaced is kept for whoever moved it."""

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.domain.image import StoredImage
from shared.ledger import MoveRequest, Moves, keys, moves
from tests.integration.shared.ledger.ledger import Ledger
from tests.integration.shared.store.samples import make_row, make_vectors

A, B, C, D, X, Y, Z = (letter.encode().hex() * 16 for letter in "abcdxyz")


@pytest.fixture
def claims(ledger: Ledger) -> Moves:
    return Moves(ledger.redis)


def stored(index: int, **changes: object) -> StoredImage:
    return StoredImage(make_row(index, **changes), make_vectors(1, seed=index)[0].tolist())


def test_a_row_is_given_to_one_file(ledger: Ledger, claims: Moves) -> None:
    job = ledger.create()
    first = claims.claim(job, [MoveRequest([A, B, C], [X, Y])])
    assert first == {A: X, B: Y}
    assert claims.claim(job, [MoveRequest([D], [X, Y, Z])]) == {D: Z}
    assert claims.claim(ledger.create(), [MoveRequest([D], [X])]) == {D: X}


def test_a_file_is_given_its_row_again(ledger: Ledger, claims: Moves) -> None:
    job = ledger.create()
    claims.claim(job, [MoveRequest([A, B], [X, Y])])
    assert claims.claim(job, [MoveRequest([B], [Z]), MoveRequest([A], [])]) == {
        B: Y,
        A: X,
    }
    assert claims.claimed(job, [A, C]) == {A: X}
    assert claims.claimed(job, []) == claims.claim(job, []) == {}


def test_replaced_rows_are_found_by_content(ledger: Ledger, claims: Moves) -> None:
    job, same = ledger.create(), "ab" * 32
    rows = [stored(1, sha256=same), stored(2, sha256=same), stored(3)]
    assert claims.keep(job, rows)
    # A chunk that is repeated sees the row that it wrote itself.
    assert claims.keep(job, [stored(1, sha256="cd" * 32)])
    found = claims.kept(job, [same, "cd" * 32, "ef" * 32])
    assert [image.row for image in found[same]] == [image.row for image in rows[:2]]
    assert list(found[same][0].vector) == pytest.approx(list(rows[0].vector))
    assert set(found) == {same}
    assert claims.kept(job, []) == {}
    assert claims.keep(job, [])


def test_no_more_are_kept_than_there_is_room_for(
    ledger: Ledger, claims: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "MAX_KEPT", 2)
    job = ledger.create()
    assert not claims.keep(job, [stored(n) for n in range(3)])
    assert claims.kept(job, [stored(1).row.sha256]) != {}
    assert claims.kept(job, [stored(2).row.sha256]) == {}


def test_they_end_with_the_job(ledger: Ledger, claims: Moves) -> None:
    job, chunk = ledger.scanned()
    claims.claim(job, [MoveRequest([A], [X])])
    claims.keep(job, [stored(1)])
    ledger.chunks.claim(job, chunk)
    ledger.chunks.complete(job, chunk, ChunkOutcome(unchanged=4, moved=1))
    assert ledger.jobs.get(job).status == "done"
    assert ledger.jobs.get(job).moved == 1
    assert claims.claimed(job, [A]) == {}
    assert claims.kept(job, [stored(1).row.sha256]) == {}


def test_a_worker_that_is_late_leaves_nothing_of_a_job_that_ended(
    ledger: Ledger, claims: Moves
) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk)
    ledger.jobs.cancel(job)

    assert claims.claim(job, [MoveRequest([A], [X])]) == {}
    assert claims.keep(job, [stored(1)])

    left = list(ledger.redis.scan_iter(match=f"{keys.job(job)}*"))
    assert left
    assert all(ledger.redis.ttl(key) > 0 for key in left)


def test_many_are_told_apart(ledger: Ledger, claims: Moves) -> None:
    """Ids that begin alike share a field, and parts of one may look like another's."""
    job = ledger.create()
    targets = [f"{'00' * 2}{n:028x}" for n in range(300)]
    sources = [f"{'00' * 15}{n % 2:02x}"[2:] + f"{n // 2:02x}" for n in range(300)]
    for target, source in zip(targets, sources, strict=True):
        assert claims.claim(job, [MoveRequest([target], sources)]) == {target: source}
    assert claims.claimed(job, targets) == dict(zip(targets, sources, strict=True))
    assert claims.claim(job, [MoveRequest([A], sources)]) == {}
