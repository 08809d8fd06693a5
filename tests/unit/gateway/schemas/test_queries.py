"""Crops as clients give them."""

import pytest
from pydantic import ValidationError

from gateway.schemas.queries import CropFractions
from shared.domain.query import Crop


def test_clients_may_round_the_fractions() -> None:
    whole = CropFractions(x=0, y=0, width=1.0000005, height=1.0000005)
    assert whole.domain() == Crop(x=0, y=0, width=1, height=1)
    right = CropFractions(x=0.3333335, y=0, width=0.666667, height=1)
    assert right.domain().width == 0.666667


@pytest.mark.parametrize(
    ("x", "width"), [(0.5, 0.51), (0.0, 1.01), (0.0, 0.0), (-0.1, 0.5), (float("nan"), 0.5)]
)
def test_a_crop_lies_inside_the_picture(x: float, width: float) -> None:
    with pytest.raises(ValidationError):
        CropFractions(x=x, y=0, width=width, height=1)
    with pytest.raises(ValidationError):
        CropFractions(x=0, y=x, width=1, height=width)
