"""Damaged pictures by the hundred through real decoders: each is drawn, or fails with a code."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import get_args

import pytest

from encoder_worker.decode.decoder import network_view
from shared.errors import PictureError
from shared.files.formats import Format
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.pool import DecoderPool, View
from tests.drawn import draw
from tests.hostile_pictures import mutated
from tests.unit.encoder_worker.decode.quarters import FILES

COUNT = 60
#: What a mutant may become; its decoder may crash, and nothing else may.
OUTCOMES = PictureError.DECODER_CODES | {"drawn", "too_slow", "decoder_crashed"}


def outcome(pool: DecoderPool, view: View[object], data: bytes) -> str:
    try:
        pool.decode(data, view)
    except PictureError as failure:
        return failure.code
    return "drawn"


@pytest.mark.parametrize("form", get_args(Format))
@pytest.mark.parametrize("view", [network_view(), Thumbnail(64)], ids=["square", "thumbnail"])
def test_every_mutant_is_accounted_for(
    form: Format, view: View[object], decoders: DecoderPool
) -> None:
    mutants = list(mutated(FILES[form](draw(3, (160, 120))), COUNT, seed=len(form)))
    with ThreadPoolExecutor(2) as threads:
        outcomes = Counter(threads.map(partial(outcome, decoders, view), mutants))
    assert outcomes.total() == COUNT
    assert set(outcomes) <= OUTCOMES
    # Neither all unharmed nor all refused at the door: the decoders had work to do.
    assert outcomes["drawn"] < COUNT
    assert outcomes["empty_file"] == outcomes["unsupported_format"] == 0
    assert outcome(decoders, view, FILES[form](draw(3))) == "drawn"
