"""deploy.local.pdeathsig: the program it becomes, and what happens when the parent dies."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.services import wait_until

GUARD = (sys.executable, "-m", "deploy.local.pdeathsig")
SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


def test_program_takes_the_process_over() -> None:
    command = [
        *GUARD,
        "KILL",
        sys.executable,
        "-c",
        "import sys; print(sys.argv); sys.exit(7)",
        "x",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert done.stdout == "['-c', 'x']\n"


def test_unknown_program_fails() -> None:
    done = subprocess.run([*GUARD, "KILL", "no-such-program"], capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("name", ["KILL", "TERM"])
def test_program_dies_with_a_parent_that_was_killed(tmp_path: Path, name: str) -> None:
    # A parent of its own for the guarded program, since this test must live on.
    out = tmp_path / "out"
    source = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen({[*GUARD, name, *SLEEP]!r}, stdout=open({str(out)!r}, 'w'))\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: out.read_text() == "up\n", 30, "the guarded program")
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not child.is_running(), 10, "the end of the guarded program")
