"""The whole system as real processes on free ports, for tests that load, search and kill."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.running_system import RunningSystem
from tests.services import MilvusLite, MilvusServer, Process, Valkey, free_port, wait_until

T = TypeVar("T")

_CELERY = (sys.executable, "-m", "celery")
#: Loads of one machine's two cores; a stack of tests is not the only one on it.
_THREADS = {"OMP_NUM_THREADS": "2"}


class Stack(RunningSystem):
    """Stores, indexer, encoders, query encoder and gateway; `client` speaks to the gateway."""

    def __init__(
        self,
        folder: Path,
        image_root: Path,
        *,
        store: type[MilvusLite] | type[MilvusServer] = MilvusLite,
        **settings: str,
    ) -> None:
        self.folder = folder
        self.image_root = image_root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=60)
        self._encoders = 0
        self.processes: dict[str, Process] = {}
        self.valkey = Valkey(folder / "valkey")
        (folder / "milvus").mkdir(parents=True, exist_ok=True)
        self.milvus = store(folder / "milvus")
        self.processes |= {"valkey": self.valkey, "milvus": self.milvus}
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")
        }
        self.environment |= _THREADS | {
            f"LOOKALIKE_{name.upper()}": value
            for name, value in {
                "image_roots": str(image_root),
                "data_dir": str(folder / "data"),
                "port": str(self.port),
                "redis_url": self.valkey.url,
                "milvus_uri": self.milvus.uri,
                "lease_seconds": "3",
                "chunk_size": "8",
                "log_format": "json",
                **settings,
            }.items()
        }

    def start(self, *, encoders: int = 1) -> None:
        """Start all of it and wait until it is ready."""
        self.start_worker("indexer", "indexer.tasks", "scan", threads=8)
        for _ in range(encoders):
            self.start_encoder()
        self.start_worker("query", "encoder_worker.tasks", "query", threads=16)
        self.start_gateway()
        self.wait_ready()

    def start_gateway(self) -> None:
        self._run(
            "gateway",
            (
                *(sys.executable, "-m", "uvicorn", "--factory", "gateway.app:create_app"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
            ),
        )

    def start_encoder(self, *, core: int | None = None) -> str:
        """Start one more encoder, on one core only if told; its name among the processes."""
        self._encoders += 1
        name = f"encoder{self._encoders}"
        self.start_worker(name, "encoder_worker.tasks", "encode", threads=3, core=core)
        return name

    def start_worker(
        self, name: str, app: str, queue: str, *, threads: int, core: int | None = None
    ) -> None:
        self._run(
            name,
            (
                # As the launcher does, so that searches go before loads.
                *(("nice", "-n", "10") if queue == "encode" else ()),
                *(("taskset", "-c", str(core)) if core is not None else ()),
                *(*_CELERY, "-A", app, "worker", "-Q", queue, "-n", f"{name}@%h"),
                *("-P", "threads", "-c", str(threads)),
                *("--without-gossip", "--without-mingle", "-l", "INFO"),
            ),
        )

    def wait_ready(self, seconds: float = 90) -> None:
        wait_until(
            lambda: self.client.get("/health/ready").status_code == 200, seconds, "a ready stack"
        )

    def load(self, collection: str, path: Path | None = None, **body: Any) -> dict[str, Any]:
        """Queue a load of a directory; returns the job."""
        source = {"kind": "directory", "path": str(path or self.image_root)}
        source |= body.pop("source", {})
        reply = self.client.post(
            f"/api/v2/collections/{collection}/jobs", json={"source": source, **body}
        )
        assert reply.status_code == 202, reply.text
        job: dict[str, Any] = reply.json()
        return job

    def wait_job(self, job_id: str, seconds: float = 180) -> dict[str, Any]:
        """The job once it ended; TimeoutError otherwise, with what every process logged last."""

        def ended() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in ("done", "failed", "cancelled") else None

        return self._wait(ended, seconds, f"the end of job {job_id}")

    def wait_done(self, job_id: str, count: int, seconds: float = 180) -> dict[str, Any]:
        """The job once `count` of its pictures are done, so that a kill falls in its middle."""

        def far_enough() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["done"] >= count else None

        return self._wait(far_enough, seconds, f"{count} pictures of job {job_id}")

    def failures(self, job_id: str) -> list[dict[str, Any]]:
        reply = self.client.get(f"/api/v2/jobs/{job_id}/failures", params={"limit": 1000})
        reply.raise_for_status()
        items: list[dict[str, Any]] = reply.json()["items"]
        return items

    def images(self, collection: str) -> Iterator[dict[str, Any]]:
        """Every image of a collection, page by page."""
        cursor: str | None = None
        while True:
            params = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
            reply = self.client.get(f"/api/v2/collections/{collection}/images", params=params)
            reply.raise_for_status()
            page = reply.json()
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def search(self, collection: str, image: bytes, **params: Any) -> dict[str, Any]:
        """Search by a picture's bytes; returns the reply."""
        reply = self.client.post(
            f"/api/v2/collections/{collection}/search", files={"file": image}, data=params
        )
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def logs(self) -> str:
        """The end of each process's log, for the message of a failed test."""
        parts = []
        for name, process in self.processes.items():
            tail = process.log.read_text(errors="replace").splitlines()[-25:]
            parts.append("\n".join([f"--- {name}", *tail]))
        return "\n".join(parts)

    def stop(self) -> None:
        """End every process, the stores last."""
        self.client.close()
        for process in reversed(list(self.processes.values())):
            process.kill()

    def _wait(self, condition: Callable[[], T | None], seconds: float, what: str) -> T:
        try:
            return wait_until(condition, seconds, what)
        except TimeoutError as error:
            jobs = self.client.get("/api/v2/jobs").text
            raise TimeoutError(f"{error}\n{jobs}\n{self.logs()}") from error

    def _run(self, name: str, command: tuple[str, ...]) -> None:
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(command, log, self.environment, inherit=False)


@contextmanager
def running_stack(
    folder: Path,
    image_root: Path,
    *,
    encoders: int = 1,
    store: type[MilvusLite] | type[MilvusServer] = MilvusLite,
    **settings: str,
) -> Iterator[Stack]:
    """A stack that is ready, and all of it gone afterwards."""
    stack = Stack(folder, image_root, store=store, **settings)
    try:
        stack.start(encoders=encoders)
        yield stack
    except BaseException:
        print(stack.logs())  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        stack.stop()
