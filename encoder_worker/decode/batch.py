"""The decoding stage of a load: many files at once, each a picture or a failure."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeAlias

from encoder_worker.decode.decoder import Picture, decode
from encoder_worker.decode.sandbox import DecoderSandbox
from shared.errors import PictureError

#: For each file's bytes, in order, its picture or why there is none.
BatchDecoder: TypeAlias = Callable[[Sequence[bytes]], Sequence[Picture | PictureError]]


def decode_in_threads(threads: Executor, max_pixels: int) -> BatchDecoder:
    """Decode side by side: Pillow lets go of the interpreter while it decodes."""
    one = partial(_attempt, partial(decode, max_pixels=max_pixels))
    return lambda files: list(threads.map(one, files))


def decode_in_sandbox(sandbox: DecoderSandbox) -> BatchDecoder:
    """Decode one after the other, where a file can only kill its own decoder."""
    one = partial(_attempt, sandbox.decode)
    return lambda files: [one(data) for data in files]


def _attempt(decode_one: Callable[[bytes], Picture], data: bytes) -> Picture | PictureError:
    try:
        return decode_one(data)
    except PictureError as error:
        return error
