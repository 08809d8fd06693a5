"""What happens to the processes of a stack at random: killed, stopped, restarted, a full disk."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.services import Process
from tests.stack import Stack

#: Seconds between two faults, for which a process is stopped, and until it is restarted.
_PAUSE, _STOPPED, _RESTART = (0.5, 5.0), (0.5, 9.0), (0.0, 3.0)
_DISK_MIB = 160
#: Of ten faults: kills, and processes that are stopped for a while; the last is a full disk.
_KILLS, _STOPS = 7, 2
_WATCH_SECONDS = 0.2


class Disk:
    """A small file system of its own, where this user may mount one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        options = f"size={_DISK_MIB}m"
        mount = [shutil.which("mount") or "false", "-t", "tmpfs", "-o", options, "none"]
        found = subprocess.run([*mount, str(folder)], capture_output=True, check=False)
        self.mounted = found.returncode == 0

    def fill(self) -> Path:
        """Write a file that leaves no byte free; returns it."""
        path = self.folder / "filler"
        block = bytes(1 << 16)
        with contextlib.suppress(OSError), path.open("wb", buffering=0) as out:
            while True:
                out.write(block)
        return path

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class Supervisor:
    """Restarts what has died, after a while, as supervisord and Compose do."""

    def __init__(self, stack: Stack, dice: random.Random) -> None:
        self._stack = stack
        self._dice = dice
        self._due: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        #: Deaths that no fault explains.
        self.restarts: Counter[str] = Counter()

    def __enter__(self) -> "Supervisor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_WATCH_SECONDS):
            now = time.monotonic()
            for name, process in self._stack.processes.items():
                if process.running:
                    self._due.pop(name, None)
                elif now >= self._due.setdefault(name, now + self._dice.uniform(*_RESTART)):
                    self.restarts[name] += 1
                    # Not the stores' own, which waits until they answer.
                    Process.start(process)


class Faults:
    """Faults one after the other, until `kills` processes were killed; `stop` ends them early."""

    def __init__(self, stack: Stack, disk: Disk, dice: random.Random, kills: int) -> None:
        self._stack = stack
        self._disk = disk
        self._dice = dice
        self._wanted = kills
        self.kills: Counter[str] = Counter()
        self.stops: Counter[str] = Counter()
        self.full_disks = 0
        self.stop = threading.Event()

    def run(self) -> None:
        while self.kills.total() < self._wanted and not self.stop.is_set():
            self.stop.wait(self._dice.uniform(*_PAUSE))
            kind = self._dice.randrange(10)
            name = self._dice.choice(sorted(self._stack.processes))
            process = self._stack.processes[name]
            if kind < _KILLS:
                if process.running:
                    self.kills[name] += 1
                    process.kill()
            elif kind < _KILLS + _STOPS:
                self.stops[name] += 1
                with _stopped(process):
                    self.stop.wait(self._dice.uniform(*_STOPPED))
            elif self._disk.mounted:
                self.full_disks += 1
                filler = self._disk.fill()
                self.stop.wait(self._dice.uniform(*_PAUSE))
                filler.unlink()


@contextlib.contextmanager
def _stopped(process: Process) -> Iterator[None]:
    """Its whole group is stopped, and goes on later as if nothing had been."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
