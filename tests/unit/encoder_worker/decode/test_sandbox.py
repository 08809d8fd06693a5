"""A real decoder process, killed in the middle of a file."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from encoder_worker.decode.decoder import decode
from encoder_worker.decode.sandbox import Decode, DecoderSandbox
from shared.errors import PictureError
from tests.drawn import draw
from tests.encoders import encoded
from tests.hostile_decoders import (
    GREEDY,
    POISON,
    SLOW,
    fragile_decode,
    torchless_decode,
)

LIMIT = 1_000_000


@pytest.fixture
def fragile() -> Iterator[DecoderSandbox]:
    sandbox = DecoderSandbox(LIMIT, fragile_decode, seconds=30)
    yield sandbox
    sandbox.close()


def refused(sandbox: DecoderSandbox, data: bytes) -> PictureError:
    with pytest.raises(PictureError) as failure:
        sandbox.decode(data)
    return failure.value


def test_decodes_as_the_worker_does(fragile: DecoderSandbox) -> None:
    data = encoded(draw(1), "JPEG")
    there, here = fragile.decode(data), decode(data, LIMIT)
    assert (there.pixels == here.pixels).all()
    assert there[1:] == here[1:]


def test_failures_keep_their_code_and_reason(fragile: DecoderSandbox) -> None:
    for data in (b"", b"text", encoded(draw(1), "PNG")[:900]):
        with pytest.raises(PictureError) as here:
            decode(data, LIMIT)
        there = refused(fragile, data)
        assert (there.code, there.detail) == (here.value.code, here.value.detail)


def test_a_file_that_kills_its_decoder_is_one_failure(fragile: DecoderSandbox) -> None:
    good = encoded(draw(1), "JPEG")
    assert fragile.decode(good).width == 320
    first = fragile.pid
    failure = refused(fragile, POISON)
    assert failure.code == "decoder_crashed"
    assert "SIGSEGV" in failure.detail
    assert fragile.decode(good).width == 320
    assert fragile.pid != first
    assert refused(fragile, POISON).code == "decoder_crashed"


def test_a_process_killed_while_idle_is_no_files_fault(fragile: DecoderSandbox) -> None:
    good = encoded(draw(1), "JPEG")
    fragile.decode(good)
    assert fragile.pid is not None
    victim = psutil.Process(fragile.pid)
    os.kill(fragile.pid, signal.SIGKILL)
    victim.wait(10)
    assert fragile.decode(good).width == 320


def test_a_file_that_never_ends_is_stopped() -> None:
    sandbox = DecoderSandbox(LIMIT, fragile_decode, seconds=0.5)
    failure = refused(sandbox, SLOW)
    assert failure.code == "decoder_crashed"
    assert "did not finish" in failure.detail
    assert sandbox.pid is None
    sandbox.close()


def test_memory_is_limited(fragile: DecoderSandbox) -> None:
    assert refused(fragile, GREEDY).code == "decoder_crashed"


@pytest.mark.parametrize("chosen", [torchless_decode])
def test_the_process_has_no_torch(chosen: Decode) -> None:
    sandbox = DecoderSandbox(LIMIT, chosen)
    assert sandbox.decode(encoded(draw(1), "PNG")).width == 320
    sandbox.close()


def test_nothing_is_left_behind(fragile: DecoderSandbox) -> None:
    fragile.decode(encoded(draw(1), "PNG"))
    pid = fragile.pid
    assert pid is not None
    fragile.close()
    assert not psutil.pid_exists(pid)
    assert fragile.pid is None
