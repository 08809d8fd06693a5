"""The thread that finishes what killed gateways began."""

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.files.uploads import DROPPED
from gateway.services import upkeep
from gateway.services.deletion import DeletionService
from gateway.services.region_sweep import RegionSweep
from gateway.services.upkeep import Upkeep
from shared.errors import NotFound, Unavailable
from shared.store import Collections
from tests.integration.gateway.client import Client
from tests.integration.gateway.conftest import OpenSweep
from tests.services import wait_until


def test_it_goes_on_after_outages_and_errors(
    client: Client,
    empty: str,
    collections: Collections,
    open_sweep: OpenSweep,
    open_region_sweep: Callable[[], RegionSweep],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "_TICK_SECONDS", 0.02)
    monkeypatch.setattr("shared.ledger.drops._PATIENCE_SECONDS", -1.0)
    client.put(1)
    with monkeypatch.context() as patched:
        patched.setattr(Collections, "drop", _killed)
        with pytest.raises(SystemExit):
            client.deletion.collection(empty)
    assert list(client.settings.uploads_dir.glob(f"{DROPPED}*"))

    errors = [Unavailable("redis_unavailable", "It is away."), ZeroDivisionError()]
    finish = DeletionService.finish_drops

    def fail_twice(service: DeletionService) -> None:
        if errors:
            raise errors.pop(0)
        finish(service)

    monkeypatch.setattr(DeletionService, "finish_drops", fail_twice)
    thread = Upkeep(client.deletion, client.renaming, open_sweep(3600.0), open_region_sweep())
    with capture_logs() as logs:
        thread.start()
        wait_until(
            lambda: not list(client.settings.uploads_dir.glob(f"{DROPPED}*")), 20, "the deletion"
        )
        thread.stop()
    with pytest.raises(NotFound):
        collections.identity(empty)
    events = [line["event"] for line in logs]
    assert events[:2] == ["upkeep_postponed", "upkeep_failed"]
    assert "collection_drop_finished" in events
    collections.create(empty, weights="untrained-1", pooling="avg")


def _killed(*_: Any) -> None:
    raise SystemExit
