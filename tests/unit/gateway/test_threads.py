"""The gateway's numpy computes in the thread that asks."""

import os
import subprocess
import sys

_PROGRAM = """
import gateway
import os
import numpy

print(len(os.listdir("/proc/self/task")))
"""


def test_numpy_starts_no_threads_of_its_own() -> None:
    chosen = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=chosen,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == ["1"]
