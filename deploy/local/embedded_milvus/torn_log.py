"""Ends milvus-lite at a write that its disk refuses, so that later writes are not lost with it.

What was written of such a record stays in the write-ahead log. milvus-lite 3.2 goes on behind it,
and acknowledges what its recovery never reads, as that ends at the first record that is torn. A
process that is started again writes to a new log, and has all that was acknowledged.
"""

import functools
import logging
import os
from collections.abc import Callable
from typing import Any, NoReturn

from milvus_lite.storage.wal import WAL

_log = logging.getLogger(__name__)

_WRITES = ("write_insert", "write_delete")


def end_at_torn_logs() -> None:
    """Have this process end where milvus-lite would write behind a torn record."""
    for name in _WRITES:
        setattr(WAL, name, _ending(getattr(WAL, name)))


def _ending(write: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(write)
    def write_or_end(*args: Any) -> None:
        try:
            write(*args)
        except OSError as error:
            _end(error)

    return write_or_end


def _end(error: OSError) -> NoReturn:
    _log.critical("milvus_log_torn error=%s effect=this process ends", error)
    # Without farewells: closing the log would write to it.
    os._exit(os.EX_IOERR)
