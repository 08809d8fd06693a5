"""Giving back to the system what loading a network has freed."""

import ctypes


def give_back() -> None:
    """Have glibc return its free pages: a weights file's worth, after a network was compiled.

    glibc gives them back by itself once enough lies at the end of its heap, which may be thousands
    of pictures later (malloc_trim(3)). Another libc has no such call, and needs none.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
