"""The stack as `make run` starts it: it serves, recovers, and stops without leftovers."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deploy.local.data_dir import Stores, port_is_free
from tests.drawn import draw_files
from tests.services import Process, free_port, wait_until

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends programs whose supervisor was killed"
)

PROGRAMS = ("valkey-server", "deploy.local.embedded_milvus", "scan", "encode", "query", "uvicorn")


class OneMachine:
    """A launcher with a folder of drawn pictures, and what it started."""

    def __init__(self, folder: Path) -> None:
        self.pictures = folder / "pictures"
        # A name that would break a careless configuration file or command line.
        self.data_dir = folder / "da'ta 100%"
        self.port = free_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)
        self.log = folder / f"launch-{self.port}.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("LOOKALIKE_")}
        self.launcher = Process(
            [sys.executable, "-m", "deploy.local.launch"],
            self.log,
            inherited
            | {
                "LOOKALIKE_IMAGE_ROOTS": str(self.pictures),
                "LOOKALIKE_DATA_DIR": str(self.data_dir),
                "LOOKALIKE_PORT": str(self.port),
                "LOOKALIKE_WEIGHTS": "untrained",
                "LOOKALIKE_LEASE_SECONDS": "3",
            },
            inherit=False,
        )

    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str, seconds: float = 120) -> None:
        def said() -> bool:
            assert self.launcher.running, self.output()
            return text in self.output()

        wait_until(said, seconds, repr(text))

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.launcher.pid).children(recursive=True)

    def program(self, word: str) -> psutil.Process:
        """The running program whose command holds `word`."""
        for process in self.descendants():
            # Valkey writes its whole command line into the first part.
            words = [Path(part).name for part in " ".join(process.cmdline()).split()]
            # Not while it is the guard still, about to become the program.
            if word in words and "deploy.local.pdeathsig" not in words:
                return process
        raise LookupError(word)

    def stores(self) -> Stores:
        return Stores.model_validate_json((self.data_dir / "stores.json").read_bytes())

    def load(self, count: int) -> dict[str, Any]:
        """Load the pictures; the job once it ended."""
        source = {"kind": "directory", "path": str(self.pictures)}
        reply = self.client.post("/api/v2/collections/drawn/jobs", json={"source": source})
        assert reply.status_code == 202, reply.text
        path = f"/api/v2/jobs/{reply.json()['id']}"

        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.client.get(path).json()
            return job if job["status"] in ("done", "failed", "cancelled") else None

        job = wait_until(ended, 120, "the end of the load")
        assert (job["status"], job["total"], job["failed"]) == ("done", count, 0), job
        return job

    def search(self, picture: Path) -> dict[str, Any]:
        """The first hit for a picture."""
        files = {"file": picture.read_bytes()}
        reply = self.client.post("/api/v2/collections/drawn/search", files=files)
        assert reply.status_code == 200, reply.text
        hit: dict[str, Any] = reply.json()["hits"][0]
        return hit

    def logs(self) -> str:
        parts = [f"--- launcher\n{self.output()}"]
        for log in sorted((self.data_dir / "logs").glob("*.log")):
            tail = log.read_text(errors="replace").splitlines()[-20:]
            parts.append("\n".join([f"--- {log.stem}", *tail]))
        return "\n".join(parts)


@contextmanager
def launched(folder: Path) -> Iterator[OneMachine]:
    machine = OneMachine(folder)
    try:
        machine.wait_for("Lookalike is ready")
        yield machine
    except BaseException:
        print(machine.logs())  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        machine.client.close()
        machine.launcher.kill()


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_serves_heals_and_stops(tmp_path: Path) -> None:
    pictures = draw_files(tmp_path / "pictures", 12)
    with launched(tmp_path) as machine:
        assert f"http://127.0.0.1:{machine.port}/" in machine.output()
        assert machine.load(12)["indexed"] == 12
        hit = machine.search(pictures[5])
        assert hit["uri"].endswith(f"/{pictures[5].name}")
        assert hit["score"] >= 0.999

        killed = machine.program("encode")
        killed.kill()
        killed.wait(30)  # It is listed until its memory is gone.
        back = wait_until(lambda: machine.program("encode"), 30, "another encoder")
        assert back.pid != killed.pid
        draw_files(tmp_path / "pictures", 4, first=12)
        job = machine.load(16)
        assert (job["indexed"], job["unchanged"]) == (4, 12)

        stores = machine.stores()
        processes = machine.descendants()
        for word in PROGRAMS:
            assert machine.program(word) in processes
        listening = [c.laddr for p in processes for c in p.net_connections("tcp") if not c.raddr]
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}

        os.kill(machine.launcher.pid, signal.SIGINT)
        assert machine.launcher.wait(60) == 0, machine.logs()
        assert machine.output().endswith("Stopped.\n")
        assert all_gone(processes)
        for port in (machine.port, stores.redis_port, stores.milvus_port):
            assert port_is_free("127.0.0.1", port)


def test_killed_launcher_leaves_nothing_and_loses_nothing(tmp_path: Path) -> None:
    pictures = draw_files(tmp_path / "pictures", 8)
    with launched(tmp_path) as machine:
        machine.load(8)
        processes = machine.descendants()
        os.kill(machine.launcher.pid, signal.SIGKILL)
        wait_until(lambda: all_gone(processes), 60, "the end of all programs")
        stores = machine.stores()
    with launched(tmp_path) as machine:
        assert machine.stores() == stores
        assert machine.load(8)["unchanged"] == 8
        assert machine.search(pictures[3])["uri"].endswith(f"/{pictures[3].name}")

        processes = machine.descendants()
        machine.program("supervisor.supervisord").kill()
        assert machine.launcher.wait(30) == 1
        wait_until(lambda: all_gone(processes), 30, "the end of all programs")
        assert "The supervisor ended by itself" in machine.output()
