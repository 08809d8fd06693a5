"""The decoding stage of a load: many files at once, each a picture or a failure."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeAlias, TypeVar

from encoder_worker.decode.decoder import network_view
from shared.errors import PictureError
from shared.pictures.square import Parts, Picture, Square
from shared.retry import ShuttingDown
from shared.sandbox.pool import DecoderPool

T = TypeVar("T")
Attempt: TypeAlias = Picture | PictureError
#: For each file's bytes, in order, its picture or why there is none.
BatchDecoder: TypeAlias = Callable[[Sequence[bytes]], Sequence[Attempt]]


def decode_in_pool(
    pool: DecoderPool,
    threads: Executor,
    stopping: threading.Event,
    view: Square | Parts = network_view(),  # noqa: B008 - a tuple
) -> BatchDecoder:
    """Decode side by side in the pool's quick lanes, and then what is slow, one after another.

    Pictures are drawn as `view` has them. The decoder raises DecoderUnavailable, and ShuttingDown
    between two slow files.
    """
    quickly = partial(_attempt, pool.decode_quickly, view)
    slowly = partial(_attempt, pool.decode_slowly, view)

    def decode_one_after(data: bytes, found: Attempt | None) -> Attempt:
        if found is not None:
            return found
        if stopping.is_set():
            raise ShuttingDown
        return slowly(data)

    def decode_all(files: Sequence[bytes]) -> Sequence[Attempt]:
        return list(map(decode_one_after, files, list(threads.map(quickly, files))))

    return decode_all


def _attempt(
    decode_one: Callable[[bytes, Square | Parts], T], view: Square | Parts, data: bytes
) -> T | PictureError:
    try:
        return decode_one(data, view)
    except PictureError as error:
        return error
