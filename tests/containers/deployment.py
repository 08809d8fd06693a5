"""Runs compose.yaml by podman-compose, and inspects its containers."""

import contextlib
import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx

from shared.domain.job import FINISHED
from tests.containers.base_images import STAND_INS, base_names
from tests.containers.engine import PROJECT_PREFIX, REPOSITORY, Engine
from tests.running_system import RunningSystem
from tests.services import free_port, wait_until

#: The services that run here; etcd and minio come with the server that stands in for Milvus.
SERVICES = ("redis", "milvus", "gateway", "indexer", "encoder", "query-encoder")
OURS = ("gateway", "indexer", "encoder", "query-encoder")
#: What a backup holds; the server that stands in for Milvus keeps etcd's and MinIO's with its own.
_KEPT_VOLUMES = ("redis", "milvus", "uploads")
#: Milvus 2.3.5 knows no other password for its first start.
_MILVUS_PASSWORD = "Milvus"


class Deployment(RunningSystem):
    """The containers of one compose project; its volumes outlive `down`."""

    def __init__(self, engine: Engine, folder: Path, pictures: Path, more: Path) -> None:
        self.engine = engine
        self.project = f"{PROJECT_PREFIX}{os.getpid()}"
        self.port = free_port()
        self.api_key = "a-key-of-the-tests"
        self.redis_password = 'any/char@:#"cter $x'
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"X-API-Key": self.api_key},
            timeout=120,
        )
        for name, text in (("milvus_password", _MILVUS_PASSWORD), ("api_keys", self.api_key)):
            (folder / name).write_text(f"{text}\n")
            (folder / name).chmod(0o444)
        env_file = folder / ".env"
        env_file.write_text(
            f"IMAGES={pictures}\n"
            f"IMAGES_2={more}\n"
            f"REDIS_PASSWORD='{self.redis_password}'\n"
            f"MILVUS_PASSWORD_FILE={folder / 'milvus_password'}\n"
            f"LOOKALIKE_API_KEYS_FILE={folder / 'api_keys'}\n"
            "MINIO_USER=unused\n"
            "MINIO_PASSWORD=unused\n"
            f"PORT={self.port}\n"
            "ENCODER_CPUS=1\n"
            "LOOKALIKE_TRUSTED_PROXIES=*\n"
            "LOOKALIKE_LEASE_SECONDS=4\n"
            "LOOKALIKE_CHUNK_SIZE=8\n"
            "LOOKALIKE_QUERY_THREADS=5\n"
            "LOOKALIKE_MAX_CONCURRENT_SCANS=7\n"
        )
        files = (REPOSITORY / "compose.yaml", STAND_INS / "compose.yaml")
        overlays = (REPOSITORY / "deploy" / "folders.yaml",)
        self._compose = [
            *("podman-compose", "--in-pod=false", "-p", self.project),
            *("--env-file", str(env_file)),
            *(f"--file={file}" for file in (*files, *overlays)),
        ]

    def compose(self, *arguments: str, seconds: float = 1800) -> str:
        return self.engine.run([*self._compose, *arguments], seconds=seconds)

    def build(self) -> None:
        """Build every image that compose.yaml builds."""
        self.compose(
            "--podman-build-args=--pull-never --network=host --format=docker",
            *("build", "gateway", "indexer", "encoder"),
        )

    def up(self) -> dict[str, float]:
        """Start all; the seconds after which each service's own health check was content."""
        began = time.monotonic()
        self.compose("up", "-d", "--no-build", *SERVICES, seconds=240)
        return {service: self.wait_healthy(service, began) for service in SERVICES}

    def down(self) -> None:
        """Remove containers and networks; the volumes stay."""
        self.compose("down", "--timeout", "20", seconds=180)

    def back_up(self, folder: Path) -> None:
        """Archive the volumes as deploy/README.md says, in its order; all services are stopped."""
        for services in (OURS, ("milvus",), ("redis",)):
            self.compose("stop", *services, seconds=180)
        for volume in _KEPT_VOLUMES:
            self._tar(
                f"{self.project}_{volume}:/from:ro", folder, "-C", "/from", "-cf", volume, "."
            )

    def restore(self, folder: Path) -> None:
        """Drop every volume, and unpack the archives into new ones."""
        self.compose("down", "--volumes", "--timeout", "20", seconds=180)
        for volume in _KEPT_VOLUMES:
            self._tar(f"{self.project}_{volume}:/from", folder, "-C", "/from", "-xf", volume)

    def _tar(self, volume: str, folder: Path, *arguments: str) -> None:
        archives = [f"/backup/{name}.tar" if name in _KEPT_VOLUMES else name for name in arguments]
        mounts = (f"--volume={volume}", f"--volume={folder}:/backup")
        self.engine.podman(
            *("run", "--rm", "--network=none", "--user=0", "--entrypoint=tar", *mounts),
            *(base_names()["python"], *archives),
        )

    def name(self, service: str, replica: int = 1) -> str:
        return f"{self.project}_{service}_{replica}"

    def wait_healthy(self, service: str, began: float | None = None, replica: int = 1) -> float:
        """Call the container's HEALTHCHECK until it is content; seconds since `began`.

        podman's own timers need systemd.
        """
        began = time.monotonic() if began is None else began
        name = self.name(service, replica)
        command = ["podman", "healthcheck", "run", name]
        try:
            wait_until(
                lambda: self.engine.attempt(command).returncode == 0, 120, f"{name}'s health"
            )
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.logs(service, replica)}") from error
        return time.monotonic() - began

    def exec(self, service: str, *command: str, user: str = "", check: bool = True) -> str:
        as_user = [f"--user={user}"] if user else []
        name = self.name(service)
        return self.engine.podman("exec", *as_user, name, *command, check=check)

    def python(self, service: str, source: str) -> str:
        """What a Python program prints inside a container."""
        return self.exec(service, "python", "-c", source)

    def inspect(self, service: str, replica: int = 1) -> dict[str, Any]:
        found = json.loads(self.engine.podman("inspect", self.name(service, replica)))
        assert isinstance(found[0], dict)
        return found[0]

    def logs(self, service: str, replica: int = 1) -> str:
        done = self.engine.attempt(["podman", "logs", "--tail=40", self.name(service, replica)])
        return done.stdout + done.stderr

    def start_second_encoder(self) -> None:
        """A replica as `--scale encoder=2` starts it, which podman-compose does not know."""
        self.compose("run", "-d", "--no-deps", "--name", self.name("encoder", 2), "encoder")

    def sigkill(self, service: str, replica: int = 1) -> None:
        """End a container's processes as the kernel does when memory runs out."""
        os.kill(int(self.inspect(service, replica)["State"]["Pid"]), signal.SIGKILL)

    def memory(self, service: str) -> int:
        """The most memory that a container's processes have had resident, in MiB."""
        source = (
            "from pathlib import Path\n"
            "lines = [line for p in Path('/proc').glob('[0-9]*/status')"
            " for line in p.read_text().splitlines()]\n"
            "print(sum(int(line.split()[1]) for line in lines if line.startswith('VmHWM')))"
        )
        return int(self.python(service, source)) // 1024

    def load(self, collection: str, path: str = "/images") -> str:
        """Begin a load; the job's id."""
        source = {"kind": "directory", "path": path}
        reply = self.client.post(f"/api/v2/collections/{collection}/jobs", json={"source": source})
        assert reply.status_code == 202, reply.text
        found: str = reply.json()["id"]
        return found

    def wait_job(self, job: str, seconds: float = 300) -> dict[str, Any]:
        """The job once it has ended."""
        ended: dict[str, Any] = {}

        def is_over() -> bool:
            ended.update(self.job(job))
            return ended["status"] in FINISHED

        wait_until(is_over, seconds, f"the end of job {job}")
        return ended

    def count(self, collection: str, expected: int) -> int:
        """The rows of a collection, once they are as many as expected or a minute on.

        Milvus answers with bounded consistency: what is written is counted a moment later, and
        after a restart once its segments are loaded, which takes up to a minute.
        """
        found: list[int] = []

        def is_there() -> bool:
            reply = self.client.get(f"/api/v2/collections/{collection}")
            found.append(reply.raise_for_status().json()["count"])
            return found[-1] == expected

        with contextlib.suppress(TimeoutError):
            wait_until(is_there, 60, "the count")
        return found[-1]

    def wait_done(self, job: str, files: int) -> int:
        """Files that a job is through with, once they are `files` or more."""
        done = 0

        def far_enough() -> bool:
            nonlocal done
            done = int(self.job(job)["done"])
            return done >= files

        wait_until(far_enough, 120, "a load")
        return done

    def wait_ready(self) -> None:
        wait_until(lambda: self.client.get("/health/ready").is_success, 120, "a ready gateway")


def own_address() -> str:
    """The address under which this machine is seen on its network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # RFC 5737's example network; nothing is sent
        address: str = probe.getsockname()[0]
        return address
