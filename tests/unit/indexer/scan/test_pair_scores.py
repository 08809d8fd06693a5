"""Thresholds by counting all pairs, against every pair looked at."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from indexer.scan import pair_scores
from indexer.scan.pair_scores import PairScores
from shared.domain.calibration import LEAST_PAIRS_ABOVE, MAX_IMAGES, MIN_IMAGES, RATES
from tests.integration.shared.store.samples import make_vectors

Contents = npt.NDArray[np.int64]


def counted(
    vectors: npt.NDArray[np.float32], contents: Contents | None = None, copy_score: float = 0.99
) -> PairScores:
    found = PairScores(copy_score)
    rows = np.arange(len(vectors)) if contents is None else contents
    assert len(list(found.add_all(vectors, rows))) == -(-len(vectors) // pair_scores._BLOCK)
    return found


def spread(count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Vectors whose cosines lie between 0 and 1, as those of pictures do."""
    vectors = make_vectors(count, seed) + 1.5 * make_vectors(1, 99)
    scaled: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@pytest.mark.parametrize("block", [7, 64, 500])
def test_a_threshold_is_the_least_score_that_few_enough_pairs_have(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_scores, "_BLOCK", block)
    vectors = spread(300)
    pairs = [float(a @ b) for a, b in itertools.combinations(vectors, 2)]
    found = counted(vectors)
    assert (found.pairs, found.identical, found.copies) == (len(pairs), 0, 0)
    known = [threshold for threshold in found.thresholds() if threshold.score is not None]
    assert [threshold.rate for threshold in known] == [1e-2, 1e-3]
    for threshold in known:
        assert threshold.score is not None
        # Cosines differ in the seventh digit with the order in which they are summed.
        above = sum(score >= threshold.score + 2e-6 for score in pairs)
        assert above <= threshold.rate * len(pairs)
        assert sum(score >= threshold.score - 2e-6 for score in pairs) >= threshold.rate * len(
            pairs
        )
        assert threshold.pairs_above is not None
        assert threshold.pairs_above <= threshold.rate * len(pairs)
        assert threshold.pairs_above == pytest.approx(above, abs=2)


def test_equal_contents_and_copies_are_counted_apart() -> None:
    vectors = spread(100)
    vectors[1], vectors[2] = vectors[0], vectors[0]
    contents = np.arange(100)
    contents[1] = 0
    found = counted(vectors, contents)
    assert (found.identical, found.copies) == (1, 2)
    assert found.pairs == 100 * 99 // 2 - 3
    loose = counted(vectors, contents, copy_score=1.5)
    assert (loose.identical, loose.copies, loose.pairs) == (1, 0, 100 * 99 // 2 - 1)


def test_thresholds_rise_and_stay_below_copies() -> None:
    vectors = spread(1500)
    vectors[::2] = 0.95 * vectors[::2] + 0.3 * vectors[1::2]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = counted(vectors, copy_score=0.8)
    scores = [threshold.score for threshold in found.thresholds() if threshold.score is not None]
    assert len(scores) == 4
    assert scores == sorted(scores)
    assert scores[-1] < 0.8


def test_too_few_pairs_have_no_threshold() -> None:
    for rate, threshold in zip(RATES, counted(spread(44)).thresholds(), strict=True):
        assert (threshold.rate, threshold.score, threshold.pairs_above) == (rate, None, None)
    assert MIN_IMAGES * (MIN_IMAGES - 1) / 2 * RATES[0] >= LEAST_PAIRS_ABOVE
    assert (MIN_IMAGES - 1) * (MIN_IMAGES - 2) / 2 * RATES[0] < LEAST_PAIRS_ABOVE
    assert MAX_IMAGES * (MAX_IMAGES - 1) / 2 * RATES[-1] >= LEAST_PAIRS_ABOVE


def test_pictures_that_are_all_one_have_thresholds_at_its_score() -> None:
    vectors = np.repeat(spread(1), 60, axis=0)
    found = counted(vectors, copy_score=2.0)
    assert found.thresholds()[0].score == 1.0
    nothing = counted(vectors)
    assert (nothing.pairs, nothing.copies) == (0, 60 * 59 // 2)
    assert nothing.thresholds()[0].score is None
