"""How alike the pictures of a sample are to each other: the scores of all pairs, counted."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from shared.domain.calibration import LEAST_PAIRS_ABOVE, RATES, Threshold

#: Scores are told to six digits, as those of hits are.
_STEP = 1e-6
_BINS = 2_000_001
#: Rows of a block: with ten thousand images its scores take 20 MB.
_BLOCK = 500


class PairScores:
    """Counts of pairs by their cosine. Equal contents, and copies of a score, are counted apart."""

    def __init__(self, copy_score: float) -> None:
        self.copy_score = copy_score
        self.identical = 0
        self.copies = 0
        self._counts = np.zeros(_BINS, np.int64)

    @property
    def pairs(self) -> int:
        """Pairs of pictures that count as different."""
        return int(self._counts.sum())

    def add_all(
        self, vectors: npt.NDArray[np.float32], contents: npt.NDArray[np.int64]
    ) -> Iterator[None]:
        """Count all pairs of unit vectors (n, 512); equal `contents` (n) are identical pictures.

        Yields after each block, so that the caller can see whether it is still wanted.
        """
        for start in range(0, len(vectors), _BLOCK):
            rows = vectors[start : start + _BLOCK]
            scores = rows @ vectors[start:].T
            wanted = np.triu(np.ones(scores.shape, np.bool_), 1)
            same = contents[start : start + _BLOCK, None] == contents[None, start:]
            self.identical += int(np.count_nonzero(wanted & same))
            found = scores[wanted & ~same]
            copies = found >= self.copy_score
            self.copies += int(np.count_nonzero(copies))
            places = np.rint((found[~copies].astype(np.float64) + 1) / _STEP).astype(np.int64)
            self._counts += np.bincount(places.clip(0, _BINS - 1), minlength=_BINS)
            yield

    def thresholds(self) -> tuple[Threshold, ...]:
        """The threshold of each rate."""
        # How many pairs have a bin's score or a higher one.
        above = np.cumsum(self._counts[::-1])[::-1]
        pairs = self.pairs
        return tuple(self._threshold(rate, pairs, above) for rate in RATES)

    def _threshold(self, rate: float, pairs: int, above: npt.NDArray[np.int64]) -> Threshold:
        if pairs * rate < LEAST_PAIRS_ABOVE:
            return Threshold(rate=rate)
        # `above` falls, so the first bin with few enough is found from its end.
        place = _BINS - int(np.searchsorted(above[::-1], pairs * rate, side="right"))
        place = min(place, _BINS - 1)
        score = round(place * _STEP - 1, 6)
        return Threshold(rate=rate, score=score, pairs_above=int(above[place]))
