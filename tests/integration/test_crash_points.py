"""A load killed before and after every call that changes a store: the next process is exact."""

from collections.abc import Callable, Iterator

import pytest

from shared.domain.job import DeletionSource
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
    ("part", "mode"),
    [("indexer", "skip"), ("indexer", "keep"), ("encoder", "skip"), ("encoder", "keep")],
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
        _require_no_orphans(library, told)
        return doomed

    assert _kill_everywhere(load, part) >= 20


@pytest.mark.timeout(900)
def test_a_deletion_killed_at_every_point(library: Library, points: CrashPoints) -> None:
    rearranged, system = Rearranged(library), System(library, points)
    _know_scripts(library)

    def delete(point: Point | None) -> Doomed:
        rearranged.arrange()
        before = library.rows()
        doomed = Doomed(point)
        job = system.load(doomed, Doomed(None), source=DeletionSource(tag="of 4.png"))
        told = str(point)
        assert (job.status, job.removed, job.total) == ("done", 1, 0), told
        del before["4.png"]
        assert library.rows() == before, told
        assert (library.root / "4.png").exists(), told
        _require_no_orphans(library, told)
        return doomed

    assert _kill_everywhere(delete, "indexer") >= 10


def _kill_everywhere(run: Callable[[Point | None], Doomed], part: str) -> int:
    """Run once without a kill, then killed at each point of it; returns how many those were."""
    enumerated = [point for point in run(None).points() if _is_one_of_a_kind(point)]
    for point in enumerated:
        assert run(point).dead.is_set(), point
    told = ", ".join(map(str, enumerated))
    print(f"{len(enumerated)} points of the {part}: {told}")  # noqa: T201 - shown by -rP
    return len(enumerated)


def _require_no_orphans(library: Library, told: str) -> None:
    # The heartbeats of these processes do not expire.
    left = [key for key in orphans(library.redis) if not key.startswith(keys.WORKER)]
    assert left == [], told


def _is_one_of_a_kind(point: Point) -> bool:
    """Recovery makes the same calls in every round."""
    return point.number == 1 or not point.call.startswith("recovery")


def _know_scripts(library: Library) -> None:
    """Have Redis know all scripts, so that each is one call."""
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            library.redis.script_load(text)
