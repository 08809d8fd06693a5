"""The hash of a picture's pixels, and that of the same picture edited."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from encoder_worker.decode.decoder import decode
from encoder_worker.decode.pixel_hash import pixel_hash
from shared.domain.pixel_hash import distance, is_hash
from tests.drawn import draw

_MAX_PIXELS = 10**7


def hash_of(image: Image.Image, **save: int) -> str:
    out = BytesIO()
    image.save(out, "JPEG" if save else "PNG", **save)
    return pixel_hash(decode(out.getvalue(), _MAX_PIXELS).pixels)


def test_it_is_sixteen_digits_of_the_signs_of_waves() -> None:
    across = np.zeros((224, 224, 3), np.uint8)
    across[:, :112] = 200
    # Half a wave across is bit 1, three halves of the other sign bit 3; nothing changes downwards.
    found = int(pixel_hash(across), 16)
    assert found & 0b1111 == 0b0010 | found & 0b0101
    assert is_hash(pixel_hash(across))
    assert pixel_hash(np.zeros((224, 224, 3), np.uint8)) == "0" * 16


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_turned_and_mirrored_pictures_are_the_same(turn: Image.Transpose) -> None:
    image = draw(1)
    assert distance(hash_of(image), hash_of(image.transpose(turn))) == 0


def test_recompressed_and_smaller_pictures_are_near_and_others_far() -> None:
    image = draw(1)
    own = hash_of(image)
    assert distance(own, hash_of(image, quality=30)) <= 4
    assert distance(own, hash_of(image.resize((image.width // 4, image.height // 4)))) <= 4
    others = [distance(own, hash_of(draw(number))) for number in range(2, 8)]
    assert min(others) > 10


def test_grey_and_colour_are_the_same() -> None:
    image = draw(3)
    assert distance(hash_of(image), hash_of(image.convert("L"))) <= 1


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (224, 224, 3), np.uint8)


def test_every_bit_but_the_first_may_be_set() -> None:
    found = [int(pixel_hash(noise(seed)), 16) for seed in range(40)]
    ever = 0
    for bits in found:
        ever |= bits
    assert ever == 2**64 - 2
