"""GPUs claimed by real processes, and what the settings may ask for."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from encoder_worker.encode.devices import CPU, Gpu, choose_device, claim_gpu, find_gpus
from encoder_worker.errors import StartupError
from shared.settings import Settings

GPUS = [Gpu(0, "aa"), Gpu(1, "bb")]

_CLAIMER = """
import sys
from pathlib import Path
from encoder_worker.encode.devices import Gpu, claim_gpu
device = claim_gpu([Gpu(0, "aa"), Gpu(1, "bb")], Path(sys.argv[1]), sys.argv[2])
print(device.name, flush=True)
sys.stdin.read()
"""

Replica = subprocess.Popen[str]
Start = Callable[[str], tuple[Replica, str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a replica of a kind; returns its process and the device it claimed."""
    replicas: list[Replica] = []

    def begin(kind: str) -> tuple[Replica, str]:
        replica = subprocess.Popen(
            [sys.executable, "-c", _CLAIMER, str(tmp_path), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[4],
        )
        replicas.append(replica)
        assert replica.stdout is not None
        while not (line := replica.stdout.readline().strip()).startswith("cuda"):
            assert replica.poll() is None
        return replica, line

    yield begin
    for replica in replicas:
        replica.kill()
        replica.communicate()


def test_replicas_get_different_gpus(start: Start) -> None:
    assert {start("encode")[1] for _ in range(2)} == {"cuda:0", "cuda:1"}


def test_loads_and_queries_claim_apart(start: Start) -> None:
    assert start("encode")[1] == start("query")[1] == "cuda:0"


def test_more_replicas_than_gpus_share_evenly(start: Start) -> None:
    devices = [start("encode")[1] for _ in range(4)]
    assert devices == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]


def test_a_killed_replicas_gpu_is_free_again(start: Start) -> None:
    first, device = start("encode")
    start("encode")
    first.kill()
    first.wait()
    assert start("encode")[1] == device


def test_sharing_is_said_in_the_log(tmp_path: Path) -> None:
    with capture_logs() as logs:
        claims = [claim_gpu(GPUS[:1], tmp_path, "encode") for _ in range(2)]
    assert [line["event"] for line in logs] == ["gpu_shared"]
    for claim in claims:
        claim.release()
    again = claim_gpu(GPUS[:1], tmp_path, "encode")
    assert again.name == "cuda:0"
    again.release()


def asking(settings: Settings, **changes: str) -> Settings:
    return settings.model_copy(update=changes)


def test_auto_takes_a_gpu_where_there_is_one(base_settings: Settings) -> None:
    assert choose_device(base_settings, "encode", []) == CPU
    device = choose_device(base_settings, "encode", GPUS)
    assert device.name == "cuda:0"
    assert device.is_gpu
    assert (base_settings.gpu_lock_dir / "aa-encode-0.lock").exists()
    device.release()


def test_auto_leaves_the_gpu_to_runtimes_that_use_one(base_settings: Settings) -> None:
    assert choose_device(asking(base_settings, runtime="openvino"), "encode", GPUS) == CPU


def test_a_gpu_may_be_named(base_settings: Settings) -> None:
    assert choose_device(asking(base_settings, device="cpu"), "encode", GPUS) == CPU
    for wanted, name in (("cuda:1", "cuda:1"), ("cuda", "cuda:0")):
        device = choose_device(asking(base_settings, device=wanted), "encode", GPUS)
        assert device.name == name
        device.release()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "cuda:2"}, "shows 2 GPUs"),
        ({"device": "tpu"}, "not 'tpu'"),
        ({"device": "cuda:x"}, "not 'cuda:x'"),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    changes: dict[str, str], said: str, base_settings: Settings
) -> None:
    with pytest.raises(StartupError, match=said):
        choose_device(asking(base_settings, **changes), "encode", GPUS)


def test_the_cuda_runtime_wants_a_gpu(base_settings: Settings) -> None:
    with pytest.raises(StartupError, match="shows no GPU"):
        choose_device(asking(base_settings, runtime="cuda"), "encode", [])


def test_asking_the_driver_never_fails() -> None:
    for gpu in find_gpus():
        assert len(gpu.uuid) == 32
