"""Real decoder processes, stopped, killed and lied to by in the middle of a picture."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.decoder import decode, network_view
from shared.domain.facts import NO_FACTS
from shared.errors import DecoderUnavailable, PictureError
from shared.pictures.square import Picture
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.pool import DecoderLimits, DecoderPool
from tests import hostile_decoders as hostile
from tests.decoding import LIMITS
from tests.drawn import draw
from tests.encoders import encoded
from tests.exif_data import CAMERA, TAKEN_AT, exif, tiff
from tests.hostile_pictures import endless_jpeg

GOOD = encoded(draw(1), "JPEG")
VIEW = network_view()
#: Little time, and a sound picture takes a hundredth of it.
BRIEF = DecoderLimits(max_pixels=1_000_000, max_bytes=1 << 20, seconds=1, quick_seconds=0.5)

Open = Callable[..., DecoderPool]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open pools of the hostile decoder, which are closed in the end."""
    pools = []

    def one(
        limits: DecoderLimits = BRIEF, lanes: int = 1, module: str = hostile.MODULE
    ) -> DecoderPool:
        pools.append(DecoderPool(limits, lanes, module))
        return pools[-1]

    yield one
    for pool in pools:
        pool.close()


def refused(pool: DecoderPool, data: bytes) -> PictureError:
    with pytest.raises(PictureError) as failure:
        pool.decode(data, VIEW)
    return failure.value


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_decodes_as_this_process_does(decoders: DecoderPool) -> None:
    there, here = decoders.decode(GOOD, VIEW), decode(GOOD, LIMITS.max_pixels)
    assert (there.pixels == here.pixels).all()
    assert there[1:] == here[1:]


def test_facts_are_read_by_the_decoder(decoders: DecoderPool) -> None:
    data = encoded(draw(1), "JPEG", exif=exif())
    facts = decoders.decode(data, VIEW).facts
    assert facts == decode(data, LIMITS.max_pixels).facts
    assert (facts.taken_at, facts.camera) == (TAKEN_AT, CAMERA)


def test_exif_that_names_gigabytes_is_a_picture_without_facts(decoders: DecoderPool) -> None:
    text = b"x" * (1 << 20)
    entries = [(tag, 2, len(text), 14 + 12 * 65_000) for tag in range(5000, 70_000) if tag < 65_536]
    hostile_exif = tiff(entries, text)
    found = decoders.decode(encoded(draw(1), "PNG", exif=hostile_exif), VIEW)
    assert found.facts == NO_FACTS


def test_failures_keep_their_code_and_reason(decoders: DecoderPool) -> None:
    for data in (b"", b"text", encoded(draw(1), "PNG")[:900]):
        with pytest.raises(PictureError) as here:
            decode(data, LIMITS.max_pixels)
        there = refused(decoders, data)
        assert (there.code, there.detail) == (here.value.code, here.value.detail)


def test_a_thumbnail_is_a_webp(decoders: DecoderPool) -> None:
    assert decoders.decode(GOOD, Thumbnail(64))[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (hostile.POISON, "SIGSEGV"),
        (hostile.BROKEN, "exit code 1"),
        (hostile.GREEDY, "exit code 1"),
        (hostile.GARBAGE, "invalid reply"),
        (hostile.FOREIGN_CODE, "invalid reply"),
        (hostile.WRONG_LENGTH, "invalid reply"),
    ],
)
def test_a_file_that_breaks_its_decoder_is_one_failure(
    opened: Open, data: bytes, cause: str
) -> None:
    pool = opened()
    failure = refused(pool, data)
    assert failure.code == "decoder_crashed"
    assert cause in failure.detail
    assert pool.decode(GOOD, VIEW).width == 320
    assert refused(pool, data).code == "decoder_crashed"


def test_the_slow_lane_is_waited_for_and_held_no_longer_than_asked(opened: Open) -> None:
    pool = opened(DecoderLimits(1_000_000, 1 << 20, seconds=600, quick_seconds=0.2))
    now, before = time.monotonic(), children()
    with ThreadPoolExecutor(3) as threads:
        holder = threads.submit(pool.decode_slowly, hostile.BUSY, VIEW, end_by=now + 4)
        while children() == before:
            time.sleep(0.01)
        waiting = [
            threads.submit(pool.decode_slowly, GOOD, VIEW, begin_by=now + seconds)
            for seconds in (0, 1)
        ]
        refusals = [future.exception(60) for future in (*waiting, holder)]
    assert [getattr(refusal, "code", None) for refusal in refusals] == ["too_slow"] * 3
    assert [str(refusal).split(";")[-1] for refusal in refusals[:2]] == [" try later."] * 2
    assert "longer to decode than the search waits" in str(refusals[2])
    assert pool.decode_slowly(GOOD, VIEW).width == 320


@pytest.mark.parametrize("data", [hostile.BUSY, hostile.SLEEPY])
def test_a_file_that_never_ends_is_too_slow(opened: Open, data: bytes) -> None:
    pool = opened()
    assert pool.decode_quickly(data, VIEW) is None
    failure = refused(pool, data)
    assert failure.code == "too_slow"
    assert "longer to decode than 1 seconds" in failure.detail
    assert pool.decode(GOOD, VIEW).width == 320


def test_a_jpeg_of_hundreds_of_scans_is_too_slow(opened: Open) -> None:
    """Real bytes, in the real decoder: it is stopped within libjpeg."""
    pool = opened(DecoderLimits(100_000_000, 1 << 20, seconds=1), module="shared.sandbox.child")
    data = endless_jpeg()
    assert len(data) < 1_000_000
    assert pool.decode_quickly(data, VIEW) is None
    assert refused(pool, data).code == "too_slow"
    with pytest.raises(PictureError) as thumbnail:
        pool.decode(data, Thumbnail(64))
    assert thumbnail.value.code == "too_slow"


def test_slow_pictures_leave_the_quick_lane_to_others(opened: Open) -> None:
    pool = opened(DecoderLimits(1_000_000, 1 << 20, seconds=600, quick_seconds=0.2))
    pool.start()
    with ThreadPoolExecutor(8) as threads:
        assert pool.decode_quickly(hostile.BUSY, VIEW) is None
        slow = [threads.submit(pool.decode_slowly, hostile.BUSY, VIEW) for _ in range(8)]
        # The slow lane is taken for ten minutes, and seven wait for it.
        assert all(pool.decode_quickly(GOOD, VIEW) is not None for _ in range(20))
        assert not any(future.done() for future in slow)
        pool.close()
        for future in slow:
            assert isinstance(future.exception(30), DecoderUnavailable | PictureError)


def test_a_process_killed_while_idle_is_no_files_fault(opened: Open) -> None:
    pool = opened()
    before = children()
    pool.decode(GOOD, VIEW)
    (pid,) = children() - before
    victim = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    victim.wait(10)
    assert pool.decode(GOOD, VIEW).width == 320


def test_a_process_killed_at_work_is_no_files_fault(opened: Open) -> None:
    """As the system does that runs out of memory: the file has a second attempt, alone."""
    pool = opened(DecoderLimits(100_000_000, 1 << 30, seconds=60, quick_seconds=60))
    pool.start()
    before = children()
    picture = encoded(draw(1, (3900, 3900)), "PNG", compress_level=1)
    with ThreadPoolExecutor(1) as threads:
        decoded = threads.submit(pool.decode, picture, VIEW)
        (pid,) = [p for p in before if "hostile" in " ".join(psutil.Process(p).cmdline())]
        os.kill(pid, signal.SIGKILL)
        found = decoded.result(60)
    assert isinstance(found, Picture)
    assert found.width == 3900


def test_large_pictures_are_decoded_one_at_a_time(opened: Open) -> None:
    pool = opened(LIMITS, module="shared.sandbox.child")
    large = encoded(draw(1, (5000, 4000)), "PNG", compress_level=1)
    assert pool.decode_quickly(large, VIEW) is None
    assert pool.decode_slowly(large, VIEW).width == 5000


def test_the_process_has_no_torch(opened: Open) -> None:
    assert refused(opened(), hostile.LOADED).detail == "False"


def test_a_decoder_that_cannot_start_is_no_files_fault(opened: Open) -> None:
    pool = opened(module="tests.no_such_module")
    with capture_logs() as logs:
        for call in (pool.start, lambda: pool.decode(GOOD, VIEW)):
            with pytest.raises(DecoderUnavailable) as failure:
                call()
            assert not isinstance(failure.value, PictureError)
            assert failure.value.code == "decoder_unavailable"
    assert {line["event"] for line in logs} == {"decoder_start_failed"}
    assert logs[0]["log_level"] == "error"


def test_nothing_is_left_behind(opened: Open) -> None:
    pool = opened(lanes=2)
    before = children()
    pool.start()
    assert pool.decode_slowly(GOOD, VIEW).width == 320
    assert len(children() - before) == 3
    pool.close()
    assert children() - before == set()
    with pytest.raises(DecoderUnavailable):
        pool.decode(GOOD, VIEW)


def test_threads_share_the_lanes(opened: Open) -> None:
    pool = opened(lanes=2)
    before, seen = children(), set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            seen.update(children() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pool.decode_quickly(GOOD, VIEW), range(40)))
    time.sleep(0.05)
    stop.set()
    watcher.join()
    assert all(picture is not None for picture in found)
    assert len(seen) <= 2
