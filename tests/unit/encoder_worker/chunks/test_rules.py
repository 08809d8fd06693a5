"""The order of the rules; what becomes of whole folders is tests/integration/test_histories.py."""

import pytest

from encoder_worker.chunks.rules import Candidates, Kind, choose
from shared.domain.image import IndexedFile


def a_file(name: str) -> IndexedFile:
    return IndexedFile(name, f"file:///p/{name}.jpg", "ab" * 32, 1, 1, "j1")


GONE, STANDING, FRESH, REPLACED, UNKNOWN = (
    [a_file(name)] for name in ("gone", "standing", "fresh", "replaced", "unknown")
)


@pytest.mark.parametrize(
    ("candidates", "movable"),
    [
        (Candidates(), []),
        (Candidates(gone=GONE, replaced=REPLACED), ["gone", "replaced"]),
        # What was exchanged is told from a copy of a file that stands.
        (Candidates(gone=GONE, standing=STANDING, replaced=REPLACED), ["gone"]),
        # A file that took its content over in this load does not count for one that stood.
        (Candidates(fresh=FRESH, replaced=REPLACED), ["replaced"]),
        (Candidates(standing=STANDING, unknown=UNKNOWN), []),
    ],
)
def test_which_rows_may_be_moved(candidates: Candidates, movable: list[str]) -> None:
    assert candidates.movable == movable


@pytest.mark.parametrize(
    ("candidates", "moved", "if_kept", "if_skipped"),
    [
        (Candidates(), False, "new", "new"),
        (Candidates(gone=GONE, standing=STANDING), True, "moved", "moved"),
        (Candidates(standing=STANDING), False, "copied", "duplicate"),
        (Candidates(fresh=FRESH), False, "copied", "duplicate"),
        # None of these says that the content is there under another name.
        (Candidates(unknown=UNKNOWN), False, "copied", "copied"),
        (Candidates(gone=GONE), False, "copied", "copied"),
        (Candidates(replaced=REPLACED), False, "copied", "copied"),
    ],
)
def test_what_to_do(candidates: Candidates, moved: bool, if_kept: Kind, if_skipped: Kind) -> None:
    assert choose(candidates, moved=moved, skip=False) == if_kept
    assert choose(candidates, moved=moved, skip=True) == if_skipped


def test_a_vector_is_taken_from_any_of_them() -> None:
    both = Candidates(gone=[*GONE, a_file("other")], unknown=UNKNOWN)
    assert both.one_of_each == ["gone", "unknown"]
