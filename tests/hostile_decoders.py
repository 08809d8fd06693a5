"""Decoders that misbehave as broken libraries do; the sandbox's process imports them by name."""

import os
import signal
import sys
import time

from encoder_worker.decode.decoder import Picture, decode

#: A file with this content brings its decoder down.
POISON = b"poison"
SLOW = b"slow"
GREEDY = b"greedy"


def fragile_decode(data: bytes, max_pixels: int) -> Picture:
    """As `decode`, but the poison kills the process in the middle of it."""
    if data == POISON:
        os.kill(os.getpid(), signal.SIGSEGV)
    if data == SLOW:
        time.sleep(600)
    if data == GREEDY:
        bytearray(1 << 40)
    return decode(data, max_pixels)


def torchless_decode(data: bytes, max_pixels: int) -> Picture:
    """As `decode`, where torch must not have been loaded."""
    if "torch" in sys.modules:
        os._exit(99)
    return decode(data, max_pixels)
