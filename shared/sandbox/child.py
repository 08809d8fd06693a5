"""The decoder's process: requests in, replies out, over the socket that it was started with.

python -m shared.sandbox.child DESCRIPTOR MEMORY_BYTES NICENESS
"""

import os
import signal
import socket
import sys
from collections.abc import Callable

from shared.errors import PictureError
from shared.pictures.cost import is_costly
from shared.pictures.opener import open_picture
from shared.sandbox.confinement import confine
from shared.sandbox.connection import Connection
from shared.sandbox.frames import (
    ReplyKind,
    Request,
    pack_drawn,
    pack_text,
    read_request,
)

Answer = Callable[[Request], tuple[bytes, bytes]]


def answer(request: Request) -> tuple[bytes, bytes]:
    """The reply to one request."""
    try:
        with open_picture(request.data, request.max_pixels) as opened:
            size = opened.image.size
            request.view.draft(opened)
            if not request.any_cost and is_costly(opened, size):
                return pack_text(ReplyKind.COSTLY)
            return pack_drawn(request.view.draw(opened, size))
    except PictureError as error:
        return pack_text(ReplyKind.REFUSED, f"{error.code}\n{error.detail}")


def serve(arguments: list[str], answer: Answer = answer) -> None:
    """Answer requests until the other side closes the socket."""
    descriptor, memory_bytes, niceness = map(int, arguments)
    # Signals of a terminal or supervisor reach the whole group; the parent says when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(niceness)
    with socket.socket(fileno=descriptor) as end:
        parent = Connection(end)
        parent.write(*pack_text(ReplyKind.READY, confine(memory_bytes)))
        try:
            while True:
                request = read_request(parent)
                # Processor time, of all threads; SIGPROF ends the process within C code too. An
                # rlimit counts whole seconds over the process's life, and not one picture's.
                signal.setitimer(signal.ITIMER_PROF, request.seconds)
                reply = answer(request)
                signal.setitimer(signal.ITIMER_PROF, 0)
                parent.write(*reply)
        except (EOFError, OSError):  # the parent is gone
            return


if __name__ == "__main__":
    serve(sys.argv[1:])
