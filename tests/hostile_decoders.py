"""A decoder's process that misbehaves as broken or hijacked decoders do: tests run it as a module.

python -m tests.hostile_decoders DESCRIPTOR MEMORY_BYTES NICENESS
"""

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shared.sandbox import child
from shared.sandbox.frames import ReplyKind, Request, pack_text

MODULE = "tests.hostile_decoders"
#: What brings the process down: a signal, an error that no decoder raises.
POISON, BROKEN = b"poison", b"broken"
#: What uses up its limits: waiting, computing, memory.
SLEEPY, BUSY, GREEDY = b"sleepy", b"busy", b"greedy"
#: What has it send what no decoder sends.
GARBAGE, FOREIGN_CODE, WRONG_LENGTH = b"garbage", b"foreign code", b"wrong length"
#: What has it tell, as a refusal's reason, whether torch is loaded, and what it may do in a folder.
LOADED, RIGHTS = b"loaded", b"rights "


def answer(request: Request) -> tuple[bytes, bytes]:
    """As the real one, but for the contents above."""
    data = request.data
    if data == POISON:
        ctypes.string_at(0)
    if data == BROKEN:
        raise ZeroDivisionError
    if data == SLEEPY:
        time.sleep(600)
    while data == BUSY:
        pass
    if data == GREEDY:
        bytearray(1 << 40)
    if data == GARBAGE:
        return os.urandom(18), os.urandom(4000)
    if data == FOREIGN_CODE:
        return pack_text(ReplyKind.REFUSED, "no_such_code\nA reason.")
    if data == WRONG_LENGTH:
        return pack_text(ReplyKind.DRAWN, "too short for a picture")
    if data == LOADED:
        return pack_text(ReplyKind.REFUSED, f"corrupt\n{'torch' in sys.modules}")
    if data.startswith(RIGHTS):
        folder = data.removeprefix(RIGHTS).decode()
        return pack_text(ReplyKind.REFUSED, f"corrupt\n{' '.join(_rights(folder))}")
    return child.answer(request)


def _rights(folder: str) -> Iterator[str]:
    """What can be done here that decoding does not need."""
    attempts: dict[str, Callable[[], object]] = {
        "read": (Path(folder) / "secret").read_text,
        "connect": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "pipe": os.pipe,
        "delete": (Path(folder) / "secret").unlink,
        "create": (Path(folder) / "new").mkdir,
        "signal": lambda: os.kill(os.getppid(), 0),
        "fork": _fork,
        "execute": lambda: os.execv("/bin/true", ["true"]),
        "look": Path("/").stat,
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            continue
        yield name


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


if __name__ == "__main__":
    child.serve(sys.argv[1:], answer)
