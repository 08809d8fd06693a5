"""The network in int8: calibrated once by NNCF, kept under DATA_DIR, named by its own content.

Calibration runs in a process of its own, `python -m encoder_worker.encode.quantization`: NNCF
brings hundreds of megabytes that an encoder has no further use for.
"""

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import numpy as np
import openvino as ov

from encoder_worker.encode.calibration import drawn_pictures, own_pictures
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import SIDE
from encoder_worker.model.weights import file_sha256, one_process_at_a_time
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)


def kept_int8(source: Path, settings: Settings) -> Path:
    """The int8 form of the network at `source` (an .xml), beside it; calibrated if not there.

    Only one process of the machine calibrates; the others wait for it. Raises StartupError.
    """
    folder = settings.calibration_images
    pictures = hashlib.sha256(str(folder).encode()).hexdigest()[:8] if folder else "drawn"
    path = source.with_name(f"{source.stem}-int8-{pictures}.xml")
    with one_process_at_a_time(path.with_suffix(".lock")):
        if not path.exists():
            _calibrate_in_child(source, path, settings)
    return path


def int8_name(weights: str, path: Path) -> str:
    """The name of the int8 form of `weights`: another calibration makes another vector space."""
    # Kernels and ranges lie in the .bin; the .xml tells versions and paths as well.
    return f"{weights}-int8-{file_sha256(path.with_suffix('.bin'))[:8]}"


def _calibrate_in_child(source: Path, path: Path, settings: Settings) -> None:
    began = time.monotonic()
    folder = settings.calibration_images
    _log.info("int8_calibrating", pictures=str(folder or "drawn"))
    draft = path.with_name(f".{uuid4().hex}.xml")
    command = [sys.executable, "-m", "encoder_worker.encode.quantization", str(source), str(draft)]
    command += ["--max-pixels", str(settings.max_pixels)]
    command += ["--images", str(folder)] if folder else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StartupError(
            f"int8 could not be calibrated: {reason}. Set LOOKALIKE_PRECISION to `auto`, or "
            "LOOKALIKE_CALIBRATION_IMAGES to a folder of pictures."
        )
    # The network is found by its .xml, so what it points to must be in place first.
    draft.with_suffix(".bin").replace(path.with_suffix(".bin"))
    draft.replace(path)
    _log.info("int8_calibrated", seconds=round(time.monotonic() - began, 1))


def _calibrate(source: Path, target: Path, images: Path | None, max_pixels: int) -> None:
    pictures = list(own_pictures(images, max_pixels) if images else drawn_pictures())
    if not pictures:
        raise SystemExit(f"no picture under {images} can be read")
    # Imported late: its parent needs none of it.
    import nncf

    model = ov.Core().read_model(source)
    model.reshape([1, SIDE, SIDE, 3])
    samples = nncf.Dataset([np.ascontiguousarray(pixels)[None] for pixels in pictures])
    quantized = nncf.quantize(model, samples, subset_size=len(pictures))
    quantized.reshape([-1, SIDE, SIDE, 3])
    ov.save_model(quantized, target, compress_to_fp16=False)


def main() -> None:
    """Calibrate the network at `source` and write its int8 form to `target`."""
    parser = argparse.ArgumentParser(prog="python -m encoder_worker.encode.quantization")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--max-pixels", type=int, required=True)
    options = parser.parse_args()
    _calibrate(options.source, options.target, options.images, options.max_pixels)


if __name__ == "__main__":
    main()
