"""Run a program that is signalled when its parent dies, however the parent died.

Usage: `python -m deploy.local.pdeathsig SIGNAL PROGRAM [ARGUMENT …]`, for example
`KILL valkey-server`. The program replaces this process (execve) and so keeps its pid and output.
"""

import ctypes
import os
import signal
import sys

#: prctl(2); kept over execve, as long as the program is not set-user-id.
_PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send `number` to this process when its parent ends. Linux only.

    Elsewhere this does nothing, and a supervisor killed with SIGKILL leaves its programs behind.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        # The parent died before prctl took effect.
        os.kill(os.getpid(), number)


def main() -> None:
    """Execute the program that the command line names, with its parent-death signal set."""
    die_with_parent(signal.Signals[f"SIG{sys.argv[1]}"])
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - what our own supervisord.conf names


if __name__ == "__main__":
    main()
