"""The network's shape, and weights that are the same everywhere."""

import numpy as np

from encoder_worker.model.vgg16 import feature_indexes, kernel_shapes, untrained


def test_shapes_are_those_of_column_d() -> None:
    shapes = kernel_shapes()
    assert len(shapes) == 13
    assert shapes[0] == (64, 3, 3, 3)
    assert shapes[-1] == (512, 512, 3, 3)
    assert sum(np.prod(shape) + shape[0] for shape in shapes) == 14_714_688


def test_convolutions_stand_where_torchvision_has_them() -> None:
    assert feature_indexes() == (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


def test_untrained_weights_never_change() -> None:
    """Bit for bit: the name is the hash of all kernels, and stands in stored fingerprints."""
    weights = untrained()
    assert weights.name == "untrained-358df59b"
    first = weights.load()[0].kernel[0, 0, 0]
    expected = np.array([0.11659953743219376, -0.10412676632404327, -0.320105642080307])
    np.testing.assert_array_equal(first, expected.astype(np.float32))


def test_untrained_kernels_have_kaimings_spread_and_no_common_part() -> None:
    layers = untrained().load()
    for layer, shape in zip(layers, kernel_shapes(), strict=True):
        assert layer.kernel.shape == shape
        assert not layer.bias.any()
        fan_in = np.prod(shape[1:])
        assert abs(layer.kernel.std() / np.sqrt(2 / fan_in) - 1) < 0.02
    for layer in layers[1:]:
        assert np.abs(layer.kernel.sum(axis=(1, 2, 3))).max() < 1e-4
