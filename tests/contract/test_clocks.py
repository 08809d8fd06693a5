"""Gateways whose clocks are hours off: what they queue is in the order of Redis's clock."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.services.loads import LoadService
from tests.clocks import host_clock
from tests.contract.workers import Encoder
from tests.drawn import draw_files

OFFSETS = pytest.mark.parametrize("offset", [-7200.0, 7200.0])


@OFFSETS
def test_jobs_are_listed_in_the_order_of_their_creation(
    offset: float,
    api: httpx.Client,
    encoder: Encoder,
    pictures_root: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw_files(pictures_root, 1)
    clocks, queue = iter([offset, 0, -offset]), LoadService.queue

    # Only here: gRPC has its deadlines from the host's clock.
    def on_another_host(*args: Any, **options: Any) -> Any:
        with host_clock(next(clocks)):
            return queue(*args, **options)

    monkeypatch.setattr(LoadService, "queue", on_another_host)
    body = {"source": {"kind": "directory", "path": str(pictures_root)}}
    ids = [api.post(f"{url}/jobs", json=body).raise_for_status().json()["id"] for _ in range(3)]
    listed = [job["id"] for job in api.get("/api/v2/jobs").json()["items"]]
    assert listed == ids[::-1]


@OFFSETS
def test_an_encoder_is_as_old_as_its_heartbeat(
    offset: float, api: httpx.Client, encoder: Encoder
) -> None:
    with host_clock(offset):
        encoder.beat()
    ready = api.get("/health/ready").json()
    assert ready["encoder"]["state"] == "ok"
    assert ready["encoder"]["age_seconds"] < 15
