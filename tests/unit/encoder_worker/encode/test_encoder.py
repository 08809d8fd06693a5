"""The encoder's queue: which pictures share a forward pass, and how errors are returned."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, wait

import numpy as np
import pytest

from encoder_worker.encode.encoder import Encoder, normalise
from encoder_worker.encode.runtime import Descriptors, Pixels, Runtime
from encoder_worker.errors import EncoderFailed
from shared.domain.fingerprint import Pooling
from shared.errors import PictureError

POISON, BLANK, ENDLESS = 255, 0, 254


class Recorded:
    """A runtime whose descriptors tell the picture's first value; it waits for `may_go`."""

    name = "recorded"
    device = "cpu"
    precision = "float32"
    weights = "recorded-1"

    def __init__(self, batch_size: int = 4, streams: int = 1) -> None:
        self.batch_size = batch_size
        self.streams = streams
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.busy = threading.Semaphore(0)

    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        values = [int(pixels[0, 0, 0]) for pixels in pictures]
        self.batches.append(values)
        self.busy.release()
        assert self.may_go.wait(10)
        if POISON in values:
            raise RuntimeError("the device is lost")
        assert len(poolings) == len(values)
        descriptors = np.zeros((len(values), 512), np.float32)
        for row, value in enumerate(values):
            descriptors[row, value] = np.inf if value == ENDLESS else value
        return descriptors


def picture(value: int) -> Pixels:
    return np.full((224, 224, 3), value, np.uint8)


Start = Callable[..., tuple[Encoder, Recorded]]


@pytest.fixture
def start() -> Iterator[Start]:
    opened: list[tuple[Encoder, Recorded]] = []

    def begin(batch_size: int = 4, streams: int = 1) -> tuple[Encoder, Recorded]:
        runtime = Recorded(batch_size, streams)
        checked: Runtime = runtime
        opened.append((Encoder(checked), runtime))
        return opened[-1]

    yield begin
    for encoder, runtime in opened:
        runtime.may_go.set()
        encoder.close()


def test_vectors_have_unit_length_and_go_to_their_pictures(start: Start) -> None:
    encoder, runtime = start()
    runtime.may_go.set()
    futures = {value: encoder.submit(picture(value), "avg") for value in range(1, 40)}
    for value, future in futures.items():
        vector, seconds = future.result(10)
        assert vector.dtype == np.float32
        assert np.argmax(vector) == value
        assert vector[value] == pytest.approx(1)
        assert seconds >= 0


def test_a_lone_picture_does_not_wait_for_others(start: Start) -> None:
    encoder, runtime = start(batch_size=16)
    runtime.may_go.set()
    encoder.submit(picture(1), "avg").result(10)
    assert runtime.batches == [[1]]


def test_what_arrives_meanwhile_shares_the_next_pass(start: Start) -> None:
    encoder, runtime = start(batch_size=4)
    futures = [encoder.submit(picture(1), "avg")]
    assert runtime.busy.acquire(timeout=10)
    futures += [encoder.submit(picture(value), "avg") for value in (2, 3, 4, 5, 6)]
    runtime.may_go.set()
    wait(futures, timeout=10)
    assert runtime.batches == [[1], [2, 3, 4, 5], [6]]


def test_lanes_work_side_by_side(start: Start) -> None:
    encoder, runtime = start(batch_size=1, streams=3)
    futures = [encoder.submit(picture(value), "avg") for value in (1, 2, 3)]
    for _ in range(3):  # none has been let go, so all three are inside
        assert runtime.busy.acquire(timeout=10)
    runtime.may_go.set()
    assert all(np.isfinite(future.result(10).vector).all() for future in futures)


def test_nobody_waits_any_more_nobody_is_encoded(start: Start) -> None:
    encoder, runtime = start()
    first = encoder.submit(picture(1), "avg")
    assert runtime.busy.acquire(timeout=10)
    expired = encoder.submit(picture(2), "avg", deadline=time.monotonic() - 1)
    dropped = encoder.submit(picture(3), "avg")
    assert dropped.cancel()
    last = encoder.submit(picture(4), "avg", deadline=time.monotonic() + 60)
    runtime.may_go.set()
    first.result(10)
    last.result(10)
    with pytest.raises(CancelledError):
        expired.result(10)
    assert runtime.batches == [[1], [4]]


@pytest.mark.parametrize("value", [BLANK, ENDLESS])
def test_a_vector_without_direction_is_a_failure_of_its_picture_alone(
    start: Start, value: int
) -> None:
    encoder, runtime = start()
    runtime.may_go.set()
    futures = [encoder.submit(picture(number), "avg") for number in (1, value, 2)]
    with pytest.raises(PictureError) as failure:
        futures[1].result(10)
    assert failure.value.code == "blank_vector"
    assert futures[0].result(10).vector[1] == futures[2].result(10).vector[2] == 1


def test_a_failed_pass_is_not_the_pictures_fault(start: Start) -> None:
    encoder, runtime = start()
    runtime.may_go.set()
    with pytest.raises(EncoderFailed, match="the device is lost"):
        encoder.submit(picture(POISON), "avg").result(10)
    assert encoder.submit(picture(1), "avg").result(10).vector[1] == 1


def test_closing_answers_all_that_stand_in_line(start: Start) -> None:
    encoder, runtime = start(batch_size=2, streams=2)
    futures = [encoder.submit(picture(value), "avg") for value in range(1, 9)]
    runtime.may_go.set()
    encoder.close()
    assert all(future.done() for future in futures)


def test_speed_counts_whole_pictures(start: Start) -> None:
    encoder, runtime = start()
    assert encoder.images_per_second == 0
    runtime.may_go.set()
    wait([encoder.submit(picture(value), "avg", part=True) for value in range(1, 11)], timeout=10)
    assert encoder.images_per_second == 0
    wait([encoder.submit(picture(value), "avg") for value in range(1, 11)], timeout=10)
    assert encoder.images_per_second > 0


def test_normalising_keeps_directions_and_marks_the_rest() -> None:
    rows = np.zeros((4, 512), np.float32)
    rows[0, :2] = 3, 4
    rows[1, 0] = 1e-30  # its square is no float32
    rows[2, 0] = np.nan
    unit = normalise(rows)
    assert unit[0, :2].tolist() == pytest.approx([0.6, 0.8])
    assert unit[1, 0] == 1
    assert not np.isfinite(unit[2:]).all(axis=1).any()
