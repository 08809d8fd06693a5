"""A collection's own thresholds: the scores that few pairs of its different pictures reach."""

from pydantic import Field

from shared.domain.base import Frozen

#: Shares of pairs of different pictures that may reach a threshold.
RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
#: A threshold is told where so many pairs at least are expected above it.
LEAST_PAIRS_ABOVE = 10
#: Images of a sample: their fifty million pairs leave fifty above the threshold of the least rate.
MAX_IMAGES = 10_000
#: Images whose pairs are enough for the threshold of the largest rate.
MIN_IMAGES = 46


class Threshold(Frozen):
    """The least score, -1 to 1, that a share `rate` of the pairs or fewer have, and how many do.

    None where the pairs are too few to tell.
    """

    rate: float
    score: float | None = Field(None)
    pairs_above: int | None = Field(None)


class Calibration(Frozen):
    """What a calibration found. `computed_at` in Unix seconds.

    `pairs` are those that were counted, of `images` out of `collection_images`; pairs of equal
    contents, and those whose score is `copy_score` or more, are not among them. They are of whole
    images also where searches look at `regions`, whose matches have a curve of their own.
    """

    job: str
    generation: str
    fingerprint: str
    computed_at: float
    images: int
    collection_images: int
    pairs: int
    identical: int
    copies: int
    copy_score: float
    thresholds: tuple[Threshold, ...]
    regions: bool = False
