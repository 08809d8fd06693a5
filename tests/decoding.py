"""Decoding for tests and benchmarks: within this process, and in decoder processes."""

from collections.abc import Iterator, Sequence

import pytest

from encoder_worker.decode.decoder import decode
from shared.errors import PictureError
from shared.pictures.square import Picture
from shared.sandbox.pool import DecoderLimits, DecoderPool

LIMITS = DecoderLimits(max_pixels=100_000_000, max_bytes=100_000_000, seconds=10)


@pytest.fixture(scope="session")
def decoders() -> Iterator[DecoderPool]:
    """Decoder processes that the session's tests share."""
    pool = DecoderPool(LIMITS, 2)
    yield pool
    pool.close()


def decode_here(files: Sequence[bytes]) -> list[Picture | PictureError]:
    """Decode one after the other, without a process of its own."""
    return [_attempt(data) for data in files]


def _attempt(data: bytes) -> Picture | PictureError:
    try:
        return decode(data, LIMITS.max_pixels)
    except PictureError as error:
        return error
