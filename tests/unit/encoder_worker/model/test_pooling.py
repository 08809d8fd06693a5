"""The four descriptors against their definitions, on the host's arrays and on torch's."""

from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from encoder_worker.model.pooling import pool, pool_each, rmac_regions
from shared.domain.fingerprint import Pooling

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)


@pytest.fixture
def maps() -> NDArray[np.float32]:
    """Feature maps as ReLU leaves them: (5, 7, 7, 512), about half of it zero."""
    values = np.random.default_rng(1).standard_normal((5, 7, 7, 512)).astype(np.float32)
    relu: NDArray[np.float32] = np.maximum(values, 0)
    return relu


def test_average_maximum_and_generalised_mean(maps: NDArray[np.float32]) -> None:
    flat = maps.reshape(5, 49, 512).astype(np.float64)
    np.testing.assert_allclose(pool(maps, "avg", np), flat.mean(1), rtol=1e-5)
    np.testing.assert_allclose(pool(maps, "max", np), flat.max(1), rtol=1e-6)
    expected = (flat**3).mean(1) ** (1 / 3)
    np.testing.assert_allclose(pool(maps, "gem", np), expected, rtol=1e-5)


def test_rmac_adds_the_unit_vectors_of_its_regions(maps: NDArray[np.float32]) -> None:
    expected = np.zeros((5, 512))
    for row, column, width in rmac_regions():
        region = maps[:, row : row + width, column : column + width].max((1, 2))
        expected += region / np.linalg.norm(region, axis=1, keepdims=True)
    np.testing.assert_allclose(pool(maps, "rmac", np), expected, rtol=1e-5)


def test_rmac_regions_are_the_papers() -> None:
    """1 + 4 + 9 regions of 7, 4 and 3 positions, inside the map, spread to its edges."""
    regions = rmac_regions()
    assert [width for *_, width in regions] == [7] + [4] * 4 + [3] * 9
    assert all(row + width <= 7 and column + width <= 7 for row, column, width in regions)
    assert {(row, column) for row, column, width in regions if width == 3} == {
        (row, column) for row in (0, 2, 4) for column in (0, 2, 4)
    }


def test_rmac_survives_an_empty_region(maps: NDArray[np.float32]) -> None:
    maps[0, :4, :4] = 0
    assert np.isfinite(pool(maps, "rmac", np)).all()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_torch_pools_as_numpy_does(maps: NDArray[np.float32], pooling: Pooling) -> None:
    on_torch = pool(torch.from_numpy(maps), pooling, torch).numpy()
    np.testing.assert_allclose(on_torch, pool(maps, pooling, np), rtol=1e-5)


@pytest.mark.parametrize("xp", [np, torch])
def test_each_picture_gets_its_own_pooling(maps: NDArray[np.float32], xp: object) -> None:
    wanted: list[Pooling] = ["avg", "rmac", "max", "gem", "avg"]
    given = torch.from_numpy(maps) if xp is torch else maps
    mixed = np.asarray(pool_each(given, wanted, xp))  # type: ignore[arg-type]  # a module each
    for row, pooling in enumerate(wanted):
        np.testing.assert_allclose(mixed[row], pool(maps, pooling, np)[row], rtol=1e-5)
