"""The chunks ahead of the encoders are seconds of their work, within bounds."""

import math

import pytest

from indexer.scan.pending_limit import PendingLimit
from shared.settings import Settings

SECONDS = 30


class Encoders:
    """Encoders beside a scan that is always faster than they are, in simulated time."""

    def __init__(self, limit: PendingLimit, chunks_per_second: float, at_once: int) -> None:
        self.limit = limit
        self.rate = chunks_per_second
        #: A chunk takes some time: with few of them pending, some encoders have none.
        self.at_once = at_once
        self.now = 1000.0
        self.sent = 0
        self.pending = 0.0

    def run(self, seconds: float, step: float = 0.25) -> int:
        """The limit after so long."""
        for _ in range(round(seconds / step)):
            more = max(0, self.limit.chunks - math.ceil(self.pending))
            self.sent += more
            self.pending += more
            self.limit.observe(self.sent, math.ceil(self.pending), self.now)
            busy = min(1.0, self.pending / self.at_once)
            self.pending = max(0.0, self.pending - self.rate * busy * step)
            self.now += step
        return self.limit.chunks


def _limit(**settings: float) -> PendingLimit:
    return PendingLimit(Settings.model_validate(settings))


def test_a_slow_processor_has_few_chunks_ahead() -> None:
    # 6 pictures a second, 32 to a chunk.
    assert Encoders(_limit(), 6 / 32, at_once=3).run(600) == 16


def test_the_limit_is_thirty_seconds_of_work() -> None:
    found = Encoders(_limit(), 20, at_once=6).run(120)

    assert found == pytest.approx(20 * SECONDS, rel=0.05)


def test_a_hundred_gpus_are_fed_within_seconds() -> None:
    # Each works on three chunks at once, and on 60 chunks a second.
    encoders = Encoders(_limit(), 6000, at_once=300)

    assert encoders.run(5) == 4096
    assert encoders.pending > encoders.at_once


def test_the_limit_falls_when_encoders_leave() -> None:
    encoders = Encoders(_limit(), 40, at_once=12)
    encoders.run(60)
    encoders.rate = 2

    assert encoders.run(120) == pytest.approx(2 * SECONDS, abs=3)


def test_encoders_that_all_died_have_the_least_ahead() -> None:
    encoders = Encoders(_limit(), 40, at_once=12)
    encoders.run(60)
    encoders.rate = 0

    assert encoders.run(60) == 16


def test_bounds_are_settings_and_the_upper_one_wins() -> None:
    assert _limit(max_pending_chunks=3).chunks == 3
    assert _limit(min_pending_chunks=5).chunks == 5
    assert Encoders(_limit(max_pending_chunks=100), 40, at_once=2).run(60) == 100
    found = Encoders(_limit(pending_seconds=10), 20, at_once=6).run(120)
    assert found == pytest.approx(200, rel=0.05)


def test_chunks_of_an_earlier_try_are_no_work_of_this_one() -> None:
    limit = _limit()
    limit.observe(sent=16, pending=4000, now=0)
    limit.observe(sent=16, pending=3990, now=5)

    assert limit.chunks == 2 * SECONDS
