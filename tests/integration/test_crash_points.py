"""A load killed before and after every call that changes a store: the next process is exact."""

from collections.abc import Iterator

import pytest

from shared.ledger import keys, scripts
from tests.crash_points import CrashPoints, Doomed, Point
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library
from tests.integration.processes import System
from tests.integration.rearranged import SPECS, Rearranged
from tests.orphans import orphans


@pytest.fixture
def library(open_library: OpenLibrary) -> Library:
    return open_library()


@pytest.fixture
def points() -> Iterator[CrashPoints]:
    made = CrashPoints()
    with made.installed():
        yield made


@pytest.mark.parametrize(
    ("part", "mode"), [("indexer", "skip"), ("encoder", "skip"), ("encoder", "keep")]
)
@pytest.mark.timeout(900)
def test_killed_at_every_point(library: Library, points: CrashPoints, part: str, mode: str) -> None:
    rearranged, system = Rearranged(library), System(library, points)
    _know_scripts(library)

    def load(point: Point | None) -> Doomed:
        rearranged.arrange()
        doomed, other = Doomed(point), Doomed(None)
        indexer, encoder = (doomed, other) if part == "indexer" else (other, doomed)
        job = system.load(indexer, encoder, **SPECS[mode])
        rearranged.check(job, told := str(point))
        # The heartbeats of these processes do not expire.
        left = [key for key in orphans(library.redis) if not key.startswith(keys.WORKER)]
        assert left == [], told
        return doomed

    enumerated = [point for point in load(None).points() if _is_one_of_a_kind(point)]
    for point in enumerated:
        assert load(point).dead.is_set(), point
    told = ", ".join(map(str, enumerated))
    print(f"{len(enumerated)} points of the {part}: {told}")  # noqa: T201 - shown by -rP
    assert len(enumerated) >= 20


def _is_one_of_a_kind(point: Point) -> bool:
    """Recovery makes the same calls in every round."""
    return point.number == 1 or not point.call.startswith("recovery")


def _know_scripts(library: Library) -> None:
    """Have Redis know all scripts, so that each is one call."""
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            library.redis.script_load(text)
