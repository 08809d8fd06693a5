"""Fit the curves of `match` for a weight file: from scores to the probability of an edited copy.

python -m encoder_worker.encode.match_fitting WEIGHTS IMAGES [--input oxford|torchvision]
"""

import argparse
import hashlib
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from encoder_worker.encode.match_pairs import (
    EDITS_PER_PICTURE,
    Pairs,
    Scores,
    Squares,
    is_for_fitting,
    score_pairs,
    with_copies,
)
from encoder_worker.errors import StartupError
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import fingerprint
from shared.domain.match import CURVES, MatchCurve, name_with_regions, write_curves
from shared.errors import PictureError
from shared.settings import Settings, WeightsInput

#: Pictures of the half that curves are fitted on; seven copies and two details are made of each.
MOST_PICTURES = 400
#: Fewer say too little of strangers, which are the nearest of them.
LEAST_PICTURES = 50
#: A score is kept this far from 0 and 1, whose logarithms are infinite.
_EDGE = 1e-6
#: Holds the factors finite where scores separate copies from strangers without an exception.
_RIDGE = 1e-3
_NEWTON_STEPS = 50


def fit(pairs: Pairs) -> MatchCurve:
    """The curve of least log loss over the first hits of copies.

    Logistic regression by Newton's method: these lines, rather than a dependency as large as
    scikit-learn. Raises ValueError where no rising curve fits: strangers score no less than copies.
    """
    scores, truth = pairs.first_hits()
    bounded = np.clip(scores, _EDGE, 1 - _EDGE)
    fall, ones = -np.log1p(-bounded), np.ones(len(bounded))
    factors = _regress(np.stack([np.log(bounded), fall, ones], axis=1), truth)
    if factors[0] < 0:
        # As the paper does: a factor of the wrong sign is left out.
        factors = np.array([0.0, *_regress(np.stack([fall, ones], axis=1), truth)])
    if factors[1] <= 0:
        raise ValueError("higher scores are no more often those of copies")
    rise, fall_factor, offset = (round(float(factor), 6) for factor in factors)
    return MatchCurve(rise=rise, fall=fall_factor, offset=offset)


def brier_score(curve: MatchCurve, pairs: Pairs) -> float:
    """The mean squared error of the first hits' match: 0 at best, .25 for one half always."""
    hits = pairs.first_hits()
    return float(((matches(curve, hits.scores) - hits.truth) ** 2).mean())


def matches(curve: MatchCurve, scores: Scores) -> Scores:
    """The match of each score."""
    return np.array([curve.match(float(score)) for score in scores])


def _regress(features: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    factors = np.zeros(features.shape[1])
    for _ in range(_NEWTON_STEPS):
        guess = 1 / (1 + np.exp(-np.clip(features @ factors, -500, 500)))
        slope = features.T @ (truth - guess) - _RIDGE * factors
        curvature = (features.T * (guess * (1 - guess))) @ features
        step = np.linalg.solve(curvature + _RIDGE * np.eye(len(factors)), slope)
        factors = factors + step
        if np.abs(step).max() < 1e-9:
            break
    return factors


def sample_squares(folder: Path, max_pixels: int) -> Iterator[Squares]:
    """Up to `MOST_PICTURES` from under a folder, each with copies; unsound ones are left out."""
    paths = sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    random.Random(0).shuffle(paths)  # noqa: S311 - a sample, not a secret
    count, seen = 0, set[bytes]()
    for path in paths:
        try:
            content = path.read_bytes()
            digest = hashlib.sha256(content).digest()
            # A second file of the same bytes would be a stranger to the first one's copies.
            if digest in seen or not is_for_fitting(content):
                continue
            squares = with_copies(content, max_pixels)
        except (PictureError, OSError):
            continue
        seen.add(digest)
        yield squares
        count += 1
        if count == MOST_PICTURES:
            return


def main() -> None:
    """Fit the curves of every pooling of a weight file, on the pictures of a folder."""
    parser = argparse.ArgumentParser(prog="python -m encoder_worker.encode.match_fitting")
    parser.add_argument("weights", help="`imagenet` for the bundled ones, or a file")
    parser.add_argument("images", type=Path)
    parser.add_argument("--input", choices=get_args(WeightsInput))
    parser.add_argument("--curves", type=Path, default=CURVES, help="the file to write them into")
    options = parser.parse_args()
    settings = Settings(weights=options.weights, weights_input=options.input)
    try:
        weights = find_weights(settings)
    except StartupError as error:
        raise SystemExit(str(error)) from error
    found = score_pairs(weights, sample_squares(options.images, settings.max_pixels))
    count = len(found["avg"].whole.originals) // EDITS_PER_PICTURE
    if count < LEAST_PICTURES:
        raise SystemExit(
            f"Of the pictures under {options.images}, {count} can be read and are in the half that "
            f"curves are fitted on; it takes {LEAST_PICTURES}."
        )
    curves = {}
    for pooling, scored in found.items():
        space = fingerprint(weights.name, pooling)
        curves[space] = _fitted(pooling, scored.whole, count)
        regions = scored.copies.joined(scored.details)
        curves[name_with_regions(space)] = _fitted(f"{pooling} with regions", regions, count)
    write_curves(curves, options.curves)


def _fitted(what: str, pairs: Pairs, count: int) -> MatchCurve:
    """The curve of pairs of `count` pictures, which is told to the user."""
    try:
        curve = fit(pairs)
    except ValueError as error:
        raise SystemExit(f"No curve fits the scores of {what}: {error}.") from error
    scores = ", ".join(f"{at} from {curve.least_score(at):.3f}" for at in (0.1, 0.5, 0.9))
    loss = brier_score(curve, pairs)
    print(f"{what}: match {scores}; Brier {loss:.4f} on {count} pictures")  # noqa: T201 - asked for
    return curve


if __name__ == "__main__":
    main()
