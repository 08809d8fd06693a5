"""The fingerprint: what must be equal for two vectors to be comparable."""

from typing import Literal

Pooling = Literal["avg", "max", "gem", "rmac"]

DIMENSION = 512
#: Raise when preprocessing or pooling changes so that old vectors no longer fit new ones.
VERSION = 1


def fingerprint(weights: str, pooling: Pooling) -> str:
    """Name the vector space of `weights` (an encoder's own name for them) under `pooling`.

    Example: `vgg16:untrained-1b2c3d4e:stretch224:rmac:512:v1`.
    """
    return f"vgg16:{weights}:stretch224:{pooling}:{DIMENSION}:v{VERSION}"
