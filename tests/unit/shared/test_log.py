"""Outages are logged when they begin and when they end."""

import pytest
from structlog.testing import capture_logs

from shared.errors import redis_full
from shared.log import OutageLog


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    now = [1000.0]
    monkeypatch.setattr("shared.log.time.monotonic", lambda: now[0])
    return now


def events(outages: OutageLog, clock: list[float], *steps: tuple[float, str, str]) -> list[str]:
    """What is logged where each step comes so many seconds after the one before."""
    with capture_logs() as lines:
        for seconds, what, code in steps:
            clock[0] += seconds
            if what == "met":
                outages.met(code, redis_full())
            else:
                outages.ended(code)
    return [f"{line['event']} {line['code']}" for line in lines]


def test_an_outage_is_logged_once(clock: list[float]) -> None:
    steps = [(1.0, "met", "full")] * 600 + [(1.0, "ended", "full")] * 3

    assert events(OutageLog(), clock, *steps) == ["outage_began full", "outage_ended full"]


def test_two_outages_are_told_apart(clock: list[float]) -> None:
    steps = [(0, "met", "full"), (1, "met", "away"), (1, "ended", "full"), (1, "ended", "away")]

    assert events(OutageLog(), clock, *steps) == [
        "outage_began full",
        "outage_began away",
        "outage_ended full",
        "outage_ended away",
    ]


def test_a_later_outage_is_a_new_one(clock: list[float]) -> None:
    steps = [(0, "met", "full"), (1, "ended", "full"), (61, "met", "full")]

    assert events(OutageLog(), clock, *steps) == [
        "outage_began full",
        "outage_ended full",
        "outage_began full",
    ]


def test_what_was_not_met_does_not_end(clock: list[float]) -> None:
    assert events(OutageLog(), clock, (0, "ended", "full")) == []


def test_the_cause_is_logged_and_not_the_advice(clock: list[float]) -> None:
    refused = redis_full()
    refused.__cause__ = ValueError("OOM command not allowed")
    with capture_logs() as lines:
        OutageLog().met("full", refused)

    assert lines[0]["error"] == "OOM command not allowed"
