"""From a feature map to 512 numbers: the four descriptors that a collection may choose."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from encoder_worker.model.vgg16 import MAP_SIDE
from shared.domain.fingerprint import Pooling

#: Generalised-mean exponent: Radenović et al., Fine-tuning CNN Image Retrieval with No Human
#: Annotation, arXiv:1711.02512, section 3.1; 3 is where their learned exponents settle.
GEM_POWER = 3
#: Scales of R-MAC's region grid: Tolias et al., Particular object retrieval with integral
#: max-pooling of CNN activations, arXiv:1511.05879, section 3.2.
RMAC_SCALES = 3
#: Keeps a region without any activation from dividing by zero; far below any real norm.
_TINY = 1e-12


def rmac_regions(
    side: int = MAP_SIDE, scales: int = RMAC_SCALES
) -> tuple[tuple[int, int, int], ...]:
    """The square regions of a square map as (row, column, width), the largest first.

    At scale l there are l·l regions of width 2·side / (l + 1), spread evenly and about 40 %
    overlapping, as the paper asks of a square map.
    """
    regions = []
    for scale in range(1, scales + 1):
        width = min(side, 2 * side // (scale + 1))
        step = (side - width) / max(1, scale - 1)
        starts = [int(index * step) for index in range(scale)]
        regions += [(row, column, width) for row in starts for column in starts]
    return tuple(regions)


_REGIONS = rmac_regions()


def pool(maps: Any, pooling: Pooling, xp: ModuleType) -> Any:
    """Pool feature maps (n, 7, 7, 512) to descriptors (n, 512), not yet of unit length.

    `xp` is the module of the maps' arrays, numpy or torch: the same lines run on the host and on
    the GPU.
    """
    match pooling:
        case "avg":
            return xp.mean(maps, (1, 2))
        case "max":
            return xp.amax(maps, (1, 2))
        case "gem":
            return xp.mean(maps**GEM_POWER, (1, 2)) ** (1 / GEM_POWER)
        case "rmac":
            regions = (
                xp.amax(maps[:, row : row + width, column : column + width], (1, 2))
                for row, column, width in _REGIONS
            )
            return sum(region / (_norm(region, xp) + _TINY) for region in regions)


def pool_each(maps: Any, poolings: Sequence[Pooling], xp: ModuleType) -> Any:
    """Pool picture i of `maps` by `poolings[i]`: one forward pass serves several collections."""
    wanted = set(poolings)
    if len(wanted) == 1:
        return pool(maps, poolings[0], xp)
    pooled = {pooling: pool(maps, pooling, xp) for pooling in wanted}
    return xp.stack([pooled[pooling][row] for row, pooling in enumerate(poolings)])


def _norm(vectors: Any, xp: ModuleType) -> Any:
    return xp.sqrt(xp.sum(vectors * vectors, 1))[:, None]
