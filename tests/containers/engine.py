"""podman with its own storage and configuration, apart from other containers of the machine."""

import fcntl
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

#: How this engine's compose projects begin, and so their networks, which all podmans share.
PROJECT_PREFIX = "lookalike-test-"
#: Programs that must be there; `make test-containers` installs them where it can.
PROGRAMS = ("podman", "runc", "debootstrap", "iptables", "npm")
_CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_STORAGE_CONF = """\
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


def cache_folder() -> Path:
    """Where images are kept between runs; the first run fills it in some minutes."""
    default = Path.home() / ".cache" / "lookalike-containers"
    return Path(os.environ.get("LOOKALIKE_CONTAINERS_CACHE") or default)


def missing() -> str:
    """Why containers cannot be run here; empty where they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "containers are tested on Linux, as root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Engine:
    """Runs podman and podman-compose. One process at a time holds a cache folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = (folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # podman asks for more than some hosts allow, and no container starts then.
        files, processes = (
            min(most, resource.getrlimit(kind)[1])
            for kind, most in ((resource.RLIMIT_NOFILE, 16384), (resource.RLIMIT_NPROC, 4096))
        )
        (folder / "containers.conf").write_text(
            _CONTAINERS_CONF.format(files=files, processes=processes)
        )
        (folder / "storage.conf").write_text(_STORAGE_CONF.format(folder=folder))
        # Compose lets the environment go before the .env that a test writes.
        mine = ("LOOKALIKE_", "COMPOSE_", "PODMAN_")
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(mine)},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def podman(
        self, *arguments: str, check: bool = True, seconds: float = 120, text: str | None = None
    ) -> str:
        """Run podman; what it printed, without the last line's end."""
        return self.run(["podman", *arguments], check=check, seconds=seconds, text=text)

    def run(
        self,
        command: Sequence[str],
        *,
        check: bool = True,
        seconds: float = 120,
        text: str | None = None,
    ) -> str:
        """Run a program with this engine's configuration; AssertionError with its words."""
        done = self.attempt(command, seconds=seconds, text=text)
        said = done.stdout + done.stderr
        assert not check or done.returncode == 0, f"{' '.join(command[:8])} failed:\n{said[-6000:]}"
        return done.stdout.strip()

    def attempt(
        self, command: Sequence[str], *, seconds: float = 120, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment,
            input=text or "",
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def has_image(self, name: str) -> bool:
        return self.attempt(["podman", "image", "exists", name]).returncode == 0

    def build(self, tag: str, dockerfile: Path, context: Path, **arguments: str) -> None:
        """Build an image from images that are here; nothing is pulled."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        self.podman(
            *("build", "--format", "docker", "--pull-never", "--network", "host"),
            *("-t", tag, "-f", str(dockerfile), *given, str(context)),
            seconds=1800,
        )

    def clear(self) -> None:
        """Remove every container and volume of this engine; images stay for the next run."""
        # Stopped first: podman may wait for ever for a container that is being restarted.
        for command in (
            ["stop", "--all", "--time", "0"],
            ["rm", "--all", "--force", "--volumes"],
            ["volume", "rm", "--all", "--force"],
        ):
            self.attempt(["podman", *command], seconds=60)
        listed = self.podman("network", "ls", "--format={{.Name}}", seconds=60).splitlines()
        for network in listed:
            if network.startswith(PROJECT_PREFIX):
                self.attempt(["podman", "network", "rm", network], seconds=60)

    def close(self) -> None:
        self.clear()
        self._lock.close()
