"""Changes of standing sources are held to what the source can do, and move no run needlessly."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.services.standing_sources import StandingSourceService
from shared.domain.collection import CollectionIdentity
from shared.domain.job import ArchiveSource, DirectorySource, Source, UrlsSource
from shared.domain.standing import StandingSource, StandingState
from shared.errors import InvalidRequest, NotFound, collection_not_found

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


def test_a_change_is_made_again_where_another_one_came_between() -> None:
    kept = Kept(DirectorySource(path="/photos"))
    replace = kept.replace

    def late(source: StandingSource, due: float | None, known: StandingSource) -> bool:
        kept.replace = replace  # type: ignore[method-assign]  # once
        other = kept.state.source.model_copy(update={"sync": True})
        kept.state = kept.state._replace(source=other)
        return replace(source, due, known)

    kept.replace = late  # type: ignore[method-assign]
    state = change(kept, watch=True)
    assert (state.source.sync, state.source.watch) == (True, True)
    assert kept.state.source == state.source


def test_a_source_whose_collection_was_dropped_meanwhile_is_not_kept() -> None:
    kept, there = list[str](), iter([True, False])

    def identity(_: str) -> CollectionIdentity:
        if not next(there):
            raise collection_not_found("c")
        return CollectionIdentity(
            name="c", generation="g", pooling="avg", fingerprint="f", weights="w", regions=False
        )

    store = SimpleNamespace(
        now=lambda: NOW,
        identity=identity,
        resolve=lambda source: source,
        add=lambda source, _: kept.append(source.id),
        remove=lambda _, source_id: kept.remove(source_id),
    )
    any_ = cast("Any", store)
    service = StandingSourceService(any_, any_, any_, any_)
    with pytest.raises(NotFound):
        service.add("c", DirectorySource(path="/photos"), {})
    assert kept == []
