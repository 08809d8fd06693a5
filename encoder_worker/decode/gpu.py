"""JPEG decoding on the GPU, for cores that cannot keep it fed.

TorchCodec (nvJPEG) decodes plain JPEGs in batches; whatever is unusual or fails there goes to the
decoder on the cores, which also says why a file cannot be decoded.
"""

import time
from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torchcodec.decoders import decode_jpeg  # type: ignore[attr-defined]  # exported by name only

from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.decode.decoder import JpegHeader, inspect_jpeg
from encoder_worker.model.vgg16 import SIDE
from shared.errors import PictureError
from shared.log import get_logger
from shared.pictures.square import Picture

_log = get_logger(__name__)

#: What turns (channel, height, width) upright, by EXIF orientation: transposed first or not, then
#: flipped along these dimensions.
_UPRIGHT: dict[int, tuple[bool, tuple[int, ...]]] = {
    1: (False, ()),
    2: (False, (2,)),
    3: (False, (1, 2)),
    4: (False, (1,)),
    5: (True, ()),
    6: (True, (2,)),
    7: (True, (1, 2)),
    8: (True, (1,)),
}
_APP1, _START_OF_SCAN = 0xE1, 0xDA
#: Larger pictures stay off the GPU: a whole portion of them must fit in its memory.
_LARGEST_PIXELS = 16_000_000
#: As float32 eight of the largest take 1.5 GB; more at once brings nothing.
_STRETCHED_AT_ONCE = 8
#: The picture that both decoders are tried with, in pixels: about what loads are made of.
_SAMPLE_SIZE = (640, 480)
_SAMPLE_COUNT = 64
#: Mean difference of 8-bit values up to which two decoders count as the same.
_TOLERANCE = 2.0


class CudaJpegDecoder:
    """A `BatchDecoder` that sends plain JPEGs to `device` and the rest to `host`."""

    def __init__(self, host: BatchDecoder, device: torch.device, max_pixels: int) -> None:
        self._host = host
        self._device = device
        self._max_pixels = min(max_pixels, _LARGEST_PIXELS)

    def __call__(self, files: Sequence[bytes]) -> Sequence[Picture | PictureError]:
        headers = {
            index: header
            for index, data in enumerate(files)
            if (header := inspect_jpeg(data, self._max_pixels)) is not None
        }
        results: dict[int, Picture | PictureError] = {}
        if headers:
            try:
                results.update(self._decode(files, headers))
            except RuntimeError as error:  # TorchCodec's, for whichever of the files it was
                _log.info("gpu_decode_failed", files=len(headers), error=str(error)[:200])
        rest = [index for index in range(len(files)) if index not in results]
        if rest:
            decoded = self._host([files[index] for index in rest])
            results.update(zip(rest, decoded, strict=True))
        return [results[index] for index in range(len(files))]

    @torch.inference_mode()
    def _decode(
        self, files: Sequence[bytes], headers: Mapping[int, JpegHeader]
    ) -> dict[int, Picture]:
        # TorchCodec turns a picture upright on some devices only. Without EXIF data it does so on
        # none, and the small square is turned here.
        sources = [
            files[index] if header.orientation in (0, 1) else _without_exif(files[index])
            for index, header in headers.items()
        ]
        decoded = decode_jpeg(sources, mode="RGB", device=self._device)
        squares = [
            _upright(square, header.orientation)
            for square, header in zip(_stretch_all(list(decoded)), headers.values(), strict=True)
        ]
        pixels = torch.stack(squares).permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return {
            index: Picture(square, header.width, header.height, "jpeg", header.facts)
            for square, (index, header) in zip(pixels, headers.items(), strict=True)
        }


def faster_decoder(host: BatchDecoder, device: torch.device, max_pixels: int) -> BatchDecoder:
    """Whichever decodes more pictures a second here: the GPU or the cores.

    The GPU's decoder is tried on a drawn picture; where it fails, or sees another picture than
    the cores do, the cores it is.
    """
    on_gpu = CudaJpegDecoder(host, device, max_pixels)
    sample = [_sample()] * _SAMPLE_COUNT
    expected, host_seconds = _timed(host, sample)
    found, gpu_seconds = _timed(on_gpu, sample)
    alike = [
        isinstance(one, Picture)
        and isinstance(other, Picture)
        and float(np.abs(one.pixels.astype(np.int16) - other.pixels).mean()) < _TOLERANCE
        for one, other in zip(expected, found, strict=True)
    ]
    chosen = on_gpu if all(alike) and gpu_seconds < host_seconds else host
    _log.info(
        "decoder_chosen",
        on="gpu" if chosen is on_gpu else "cores",
        alike=all(alike),
        gpu_images_per_second=round(_SAMPLE_COUNT / gpu_seconds),
        cores_images_per_second=round(_SAMPLE_COUNT / host_seconds),
    )
    return chosen


def _without_exif(data: bytes) -> bytes:
    """A JPEG without its APP1 segments (ITU-T T.81, B.1.1.4: marker, length, content)."""
    parts = [data[:2]]
    position = 2
    while data[position : position + 1] == b"\xff" and data[position + 1] != _START_OF_SCAN:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if data[position + 1] != _APP1:
            parts.append(data[position:end])
        position = end
    return b"".join((*parts, data[position:]))


def _stretch_all(images: Sequence[Tensor]) -> Sequence[Tensor]:
    """Each image stretched; those of one size together, for a camera has few sizes."""
    by_shape: dict[torch.Size, list[int]] = {}
    for index, image in enumerate(images):
        by_shape.setdefault(image.shape, []).append(index)
    squares: dict[int, Tensor] = {}
    for indexes in by_shape.values():
        for first in range(0, len(indexes), _STRETCHED_AT_ONCE):
            part = indexes[first : first + _STRETCHED_AT_ONCE]
            stretched = _stretch(torch.stack([images[index] for index in part]))
            squares.update(zip(part, stretched, strict=True))
    return [squares[index] for index in range(len(images))]


def _stretch(images: Tensor) -> Tensor:
    """uint8 (n, 3, height, width) to (n, 3, 224, 224), with the filter that `decode` uses."""
    wide = images.to(torch.float32)
    small = interpolate(wide, size=(SIDE, SIDE), mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)


def _upright(image: Tensor, orientation: int) -> Tensor:
    transposed, flipped = _UPRIGHT.get(orientation, _UPRIGHT[1])
    turned = image.transpose(1, 2) if transposed else image
    return turned.flip(flipped) if flipped else turned


def _timed(
    decoder: BatchDecoder, files: Sequence[bytes]
) -> tuple[Sequence[Picture | PictureError], float]:
    decoder(files)  # libraries load and warm up
    began = time.perf_counter()
    results = decoder(files)
    return results, time.perf_counter() - began


def _sample() -> bytes:
    """A JPEG with the colours and edges of a photograph, more or less."""
    width, height = _SAMPLE_SIZE
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(columns / step) + np.cos(rows / (2 * step)) for step in (7.0, 23.0, 61.0)]
    pixels = (np.stack(waves, axis=-1) * 60 + 128).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()
