"""Ends the process by SIGKILL at the point that LOOKALIKE_TEST_CRASH names.

The tests put this folder on the PYTHONPATH of one process. Python imports a module of this name at
start, so production code needs no switch for the test.
"""

import os
import signal

POINT = os.environ.get("LOOKALIKE_TEST_CRASH")

if POINT:
    from tests.crash_points import CrashPoints, Doomed, Point

    def _kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # Kept: the wrappers go when it does.
    _installed = CrashPoints(Doomed(Point.of(POINT), _kill)).installed()
    _installed.__enter__()
