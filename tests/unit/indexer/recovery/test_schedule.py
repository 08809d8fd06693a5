"""One source that cannot be seen to keeps no other from its run."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from indexer.recovery.schedule import Schedule
from shared.domain.job import DirectorySource, JobSpec
from shared.domain.standing import StandingSource
from shared.errors import Unavailable, redis_unavailable
from shared.ledger import StandingSources

NOW = 1_700_000_000.0


def standing(source_id: str, cron: str) -> StandingSource:
    return StandingSource(
        id=source_id,
        collection="c",
        generation="g",
        source=DirectorySource(path="/photos"),
        cron=cron,
        created_at=1.0,
    )


class Ledger:
    """Two due sources: of the first, the schedule is one of another version."""

    def __init__(self) -> None:
        self.advanced: dict[str, float] = {}
        self.started: list[JobSpec] = []
        self.away = False

    def due(self, _: float) -> list[tuple[StandingSource, float]]:
        return [(standing("bad", "@sunset"), NOW - 1), (standing("good", "0 3 * * *"), NOW - 1)]

    def last_job(self, _: StandingSource) -> None:
        if self.away:
            raise redis_unavailable()

    def now(self) -> float:
        return NOW

    def create(self, spec: JobSpec) -> None:
        self.started.append(spec)

    def note_job(self, *_: object) -> None:
        pass

    def send_scan(self, _: str) -> None:
        pass

    def advance(self, source: StandingSource, due: float, following: float) -> None:
        assert due < NOW
        self.advanced[source.id] = following


def run(ledger: Ledger) -> None:
    stores = SimpleNamespace(jobs=ledger, standing_sources=ledger, dispatcher=ledger)
    Schedule(cast("Any", stores)).run_once()


def test_a_source_without_a_next_run_is_moved_on_and_the_others_are_loaded() -> None:
    ledger = Ledger()
    run(ledger)
    assert len(ledger.started) == 1
    assert ledger.advanced.keys() == {"bad", "good"}
    assert min(ledger.advanced.values()) > NOW


def test_an_outage_moves_nothing_on() -> None:
    ledger = Ledger()
    ledger.away = True
    with pytest.raises(Unavailable):
        run(ledger)
    assert "good" not in ledger.advanced


class Kept:
    """Redis with one record that a later version wrote."""

    def register_script(self, _: str) -> Any:
        def script(keys: list[str], args: list[Any]) -> int:
            self.advanced.append(args)
            return 1

        self.advanced: list[list[Any]] = []
        return script

    def zrangebyscore(self, *_: object, **__: object) -> list[tuple[bytes, float]]:
        return [(b"c new", NOW - 1), (b"c old", NOW - 1)]

    def smembers(self, _: str) -> set[bytes]:
        return {b"c new", b"c old"}

    def hget(self, _: str, source_id: str) -> bytes:
        if source_id == "new":
            return b'{"id": "new", "source": {"kind": "satellite"}}'
        return standing("old", "0 3 * * *").model_dump_json().encode()


def test_a_record_that_cannot_be_read_hides_no_other() -> None:
    redis = Kept()
    sources = StandingSources(cast("Any", redis))
    assert [source.id for source, _ in sources.due(NOW)] == ["old"]
    assert [source.id for source in sources.watched()] == ["old"]
    ((_, due, following),) = redis.advanced
    assert float(due) == NOW - 1
    assert float(following) > NOW
