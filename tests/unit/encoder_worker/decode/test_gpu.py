"""TorchCodec's way of decoding, on a CPU device: the same calls, another chip."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from structlog.testing import capture_logs

from encoder_worker.decode import gpu
from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.decode.gpu import CudaJpegDecoder, faster_decoder
from shared.errors import PictureError
from shared.pictures.square import Picture
from tests.decoding import decode_here
from tests.drawn import draw
from tests.encoders import encoded

LIMIT = 10_000_000
DEVICE = torch.device("cpu")


@pytest.fixture
def host() -> BatchDecoder:
    return decode_here


def oriented(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(draw(4), "JPEG", quality=92, exif=exif)


def assert_alike(found: Picture | PictureError, expected: Picture | PictureError) -> None:
    assert isinstance(found, Picture)
    assert isinstance(expected, Picture)
    assert found[1:] == expected[1:]
    assert np.abs(found.pixels.astype(np.int16) - expected.pixels).mean() < 1


def test_plain_jpegs_come_out_as_from_the_cores(host: BatchDecoder) -> None:
    files = [oriented(orientation) for orientation in range(1, 9)]
    files.append(encoded(draw(2).convert("L"), "JPEG"))
    files.append(encoded(draw(3, (1500, 900)), "JPEG", progressive=True))
    found = CudaJpegDecoder(_never, DEVICE, LIMIT)(files)
    for one, other in zip(found, host(files), strict=True):
        assert_alike(one, other)


def _never(files: object) -> list[Picture | PictureError]:
    raise AssertionError("a plain JPEG went to the cores")


def test_all_else_goes_to_the_cores_and_keeps_its_place(host: BatchDecoder) -> None:
    whole = encoded(draw(1), "JPEG")
    files = [
        encoded(draw(1), "PNG"),
        whole,
        b"",
        whole[:3000],
        encoded(draw(2).convert("CMYK"), "JPEG"),
        b"text",
        encoded(draw(1, (4000, 3000)), "JPEG"),
    ]
    found = CudaJpegDecoder(host, DEVICE, LIMIT)(files)
    for one, other in zip(found, host(files), strict=True):
        if isinstance(other, PictureError):
            assert isinstance(one, PictureError)
            assert one.code == other.code
        else:
            assert_alike(one, other)


def test_one_bad_file_sends_its_batch_to_the_cores(host: BatchDecoder) -> None:
    whole = encoded(draw(1), "JPEG")
    broken = whole[:200] + bytes(400) + whole[-2:]
    with capture_logs() as logs:
        found = CudaJpegDecoder(host, DEVICE, LIMIT)([whole, broken])
    assert isinstance(found[0], Picture)
    assert [line["event"] for line in logs] in ([], ["gpu_decode_failed"])


def test_the_quicker_decoder_is_chosen(host: BatchDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, chosen in (
        ({"cores": 1.0, "gpu": 0.1}, "gpu"),
        ({"cores": 0.1, "gpu": 1.0}, "cores"),
    ):

        def timed(
            decoder: BatchDecoder, files: list[bytes], seconds: dict[str, float] = seconds
        ) -> object:
            on = "gpu" if isinstance(decoder, CudaJpegDecoder) else "cores"
            return decoder(files[:1]), seconds[on]

        monkeypatch.setattr(gpu, "_timed", timed)
        monkeypatch.setattr(gpu, "_SAMPLE_COUNT", 1)
        with capture_logs() as logs:
            found = faster_decoder(host, DEVICE, LIMIT)
        assert logs[-1]["on"] == chosen
        assert isinstance(found, CudaJpegDecoder) == (chosen == "gpu")


def test_a_decoder_that_sees_another_picture_is_not_chosen(
    host: BatchDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "_stretch", lambda n: torch.zeros((len(n), 3, 224, 224)).byte())
    monkeypatch.setattr(gpu, "_SAMPLE_COUNT", 2)
    with capture_logs() as logs:
        assert faster_decoder(host, DEVICE, LIMIT) is host
    assert logs[-1]["alike"] is False


def test_real_photographs(host: BatchDecoder, real_pictures: Path) -> None:
    files = [
        (real_pictures / "exif-orientation" / f"Landscape_{number}.jpg").read_bytes()
        for number in (1, 3, 6, 8)
    ]
    for one, other in zip(CudaJpegDecoder(_never, DEVICE, LIMIT)(files), host(files), strict=True):
        assert_alike(one, other)
