"""A paused scan keeps its thread for a moment only."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from indexer.scan.context import ScanContext, ScanSuspended
from shared.domain.job import DuplicatesSource, JobSpec
from shared.ledger import ScanStart


class Jobs:
    """A job with one status after the other; time passes only as its scan sleeps."""

    def __init__(self, statuses: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs = self
        self.left, self.now = list(statuses), 0.0
        monkeypatch.setattr("indexer.scan.context.time.monotonic", lambda: self.now)

    def require_active(self, _job: str) -> str:
        return self.left.pop(0)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self) -> None:
        spec = JobSpec(id="j", collection="c", source=DuplicatesSource(), created_at=0.0)
        ScanContext(spec, cast(ScanStart, None), *cast(Any, (self, self))).wait_while_paused()


def test_a_scan_that_is_not_paused_goes_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(["running"], monkeypatch)
    jobs.wait()
    assert jobs.now == 0


def test_a_short_pause_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs([*["paused"] * 5, "running"], monkeypatch)
    jobs.wait()
    assert jobs.left == []


def test_a_longer_pause_suspends_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(["paused"] * 100, monkeypatch)
    with pytest.raises(ScanSuspended):
        jobs.wait()
    assert jobs.now == 5
