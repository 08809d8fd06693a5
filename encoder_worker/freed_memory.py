"""Giving back to the system what loading a network has left behind."""

import ctypes
import gc


def _trim_memory() -> None:
    """Free what nothing refers to any more, and have glibc return its free pages.

    Both would happen by themselves, thousands of pictures later: a network's weights lie in
    Python's cycles until its rare full collection, and free pages within glibc's heap until enough
    of them lie at its end (malloc_trim(3)). Another libc has no such call, and needs none.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
