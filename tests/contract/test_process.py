"""The gateway as the process that runs in production."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest

from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.workers import Encoder
from tests.services import Process, free_port, wait_until

LIMIT = 250 * 2**20


class Gateway(NamedTuple):
    process: Process
    client: httpx.Client


@pytest.fixture
def gateway(settings: Settings, redis: RedisClient, tmp_path: Path) -> Iterator[Gateway]:
    """`uvicorn --factory gateway.app:create_app`, set up by its environment alone."""
    port = free_port()
    process = Process(
        [
            *(sys.executable, "-m", "uvicorn", "--factory", "gateway.app:create_app"),
            *("--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "3"),
        ],
        tmp_path / "gateway.log",
        {
            "LOOKALIKE_REDIS_URL": settings.redis_url.get_secret_value(),
            "LOOKALIKE_MILVUS_URI": settings.milvus_uri,
            "LOOKALIKE_DATA_DIR": str(settings.data_dir),
            "LOOKALIKE_IMAGE_ROOTS": str(settings.image_roots[0]),
            "LOOKALIKE_DEFAULT_COLLECTION": settings.default_collection,
            "LOOKALIKE_LEASE_SECONDS": "3",
            "LOOKALIKE_LOG_FORMAT": "json",
        },
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        try:
            wait_until(lambda: client.get("/health/live").is_success, 60, "the gateway")
            yield Gateway(process, client)
        finally:
            process.kill()


def peak(pid: int) -> int:
    """The most memory that a process ever had, in bytes (VmHWM, `man proc_pid_status`)."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def loaded(pid: int) -> str:
    """Every file that a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text()


def test_it_never_loads_torch_and_stays_small(
    gateway: Gateway, encoder: Encoder, stored: list[ImageRow], collection: str
) -> None:
    client, pid = gateway.client, gateway.process.pid
    base = f"/api/v2/collections/{collection}"
    pictures = [Path(row.uri.removeprefix("file://")).read_bytes() for row in stored]

    for number in range(60):
        picture, row = pictures[number % 6], stored[number % 6]
        client.post(f"{base}/search", files={"file": picture}).raise_for_status()
        client.get(f"{base}/images/{row.id}/thumbnail?size={32 + number}").raise_for_status()
        client.get(f"{base}/images/{row.id}/content").raise_for_status()
        client.get(f"{base}/images/{row.id}/similar").raise_for_status()
    big = os.urandom(56 * 2**20)
    for _ in range(3):
        upload = client.post(
            f"{base}/images?wait=true", files={"files": ("a.jpg", pictures[0] + big)}
        )
        upload.raise_for_status()
        client.post(f"{base}/search", files={"file": pictures[0] + big}).raise_for_status()
    for path in ("/docs", "/openapi.json", "/metrics", "/api/v2/system", "/health/ready"):
        client.get(path).raise_for_status()

    assert peak(pid) < LIMIT
    maps = loaded(pid)
    for name in ("torch", "torchvision", "torchcodec", "openvino"):
        assert f"/site-packages/{name}/" not in maps


def test_it_ends_soon_though_a_stream_is_open(
    gateway: Gateway, encoder: Encoder, settings: Settings, collection: str
) -> None:
    job = gateway.client.post(
        f"/api/v2/collections/{collection}/jobs",
        json={"source": {"path": str(settings.image_roots[0])}},
    ).json()
    gateway.client.post(f"/api/v2/jobs/{job['id']}/pause")
    with gateway.client.stream("GET", f"/api/v2/jobs/{job['id']}/events") as reply:
        next(reply.iter_lines())
        psutil.Process(gateway.process.pid).terminate()
        gateway.process.wait(15)

    assert not gateway.process.running


def test_importing_it_imports_nothing_of_the_encoder() -> None:
    code = (
        "import sys, gateway.app; "
        "bad = {'torch', 'torchvision', 'torchcodec', 'openvino', 'encoder_worker'}; "
        "sys.exit(str(bad & set(sys.modules)) if bad & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
