"""Changes of standing sources are held to what the source can do, and move no run needlessly."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.services.standing_sources import StandingSourceService
from shared.domain.job import ArchiveSource, DirectorySource, Source, UrlsSource
from shared.domain.standing import StandingSource, StandingState
from shared.errors import InvalidRequest

DUE, NOW = 5.0, 1_700_000_000.0


class Kept:
    """One source, whose run is due and not yet started."""

    def __init__(self, source: Source) -> None:
        kept = StandingSource(
            id="s", collection="c", generation="g", source=source, cron="0 3 * * *", created_at=1.0
        )
        self.state = StandingState(kept, None, DUE)

    def get(self, *_: str) -> StandingState:
        return self.state

    def replace(self, source: StandingSource, due: float | None, known: StandingSource) -> bool:
        if known != self.state.source:
            return False
        self.state = StandingState(source, None, due)
        return True

    def now(self) -> float:
        return NOW

    def identity(self, _: str) -> SimpleNamespace:
        return SimpleNamespace(generation="g")


def change(kept: Kept, **changes: object) -> StandingState:
    any_ = cast("Any", kept)
    return StandingSourceService(any_, any_, any_, any_).change("c", "s", changes)


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (UrlsSource(path="/lists/a.txt"), {"sync": True}),
        (UrlsSource(path="/lists/a.txt"), {"watch": True}),
        (ArchiveSource(path="/photos/a.zip"), {"watch": True, "paused": True}),
    ],
)
def test_what_the_source_cannot_do(source: Source, changes: dict[str, object]) -> None:
    kept = Kept(source)
    with pytest.raises(InvalidRequest) as refused:
        change(kept, **changes)
    assert refused.value.code == "validation_error"
    assert kept.state.source.source == source
    assert (kept.state.source.sync, kept.state.source.watch) == (False, False)


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({"sync": True}, False),
        ({"watch": True}, False),
        ({"cron": "0 3 * * *", "paused": False}, False),
        ({"cron": "0 4 * * *"}, True),
    ],
)
def test_a_run_is_moved_by_another_schedule_alone(changes: dict[str, object], moved: bool) -> None:
    kept = Kept(DirectorySource(path="/photos"))
    state = change(kept, **changes)
    assert state.next_run == kept.state.next_run
    assert state.next_run is not None
    assert (state.next_run > NOW) == moved


def test_a_pause_ends_with_the_next_run() -> None:
    kept = Kept(DirectorySource(path="/photos"))
    assert change(kept, paused=True).next_run is None
    resumed = change(kept, paused=False).next_run
    assert resumed is not None
    assert resumed > NOW
