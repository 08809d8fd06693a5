"""How well `match` says whether a hit is the same picture edited, on pictures it was not fit on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from encoder_worker.encode.match_fitting import brier_score, matches
from encoder_worker.encode.match_pairs import (
    Pairs,
    Scored,
    is_for_fitting,
    score_pairs,
    with_copies,
)
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import Pooling, fingerprint
from shared.domain.match import MatchCurve, curve_of
from shared.settings import Settings
from tests.benchmarks.plot import reliability
from tests.benchmarks.report import Report

_BINS = 10
#: A bin of fewer hits says nothing.
_LEAST_HITS = 20
#: The match from which on a copy is likelier than a stranger.
_EVEN = 0.5


def measure(photos: Sequence[Path], settings: Settings) -> Report:
    """Copies of the held-out half of `photos`, with their own photo and the nearest other."""
    weights = find_weights(settings)
    contents = [path.read_bytes() for path in photos]
    held_out = [content for content in contents if not is_for_fitting(content)]
    squares = (with_copies(content, settings.max_pixels) for content in held_out)
    context = {"weights": weights.name, "pictures": str(len(held_out))}
    return summarise(score_pairs(weights, squares), weights.name, context)


def summarise(found: Mapping[Pooling, Scored], weights: str, context: dict[str, str]) -> Report:
    """The figures of each pooling whose vectors have a curve, and the reliability diagram."""
    report = Report("match on pictures that its curve was not fitted on", context)
    diagram: dict[str, list[tuple[float, float]]] = {}
    for pooling, scored in found.items():
        space = fingerprint(weights, pooling)
        curve, of_regions = curve_of(space), curve_of(space, regions=True)
        if curve is None or of_regions is None:
            continue
        points = _add(report, pooling, curve, scored.whole)
        if points:
            diagram[pooling] = points
        for kind, pairs in (("copies", scored.copies), ("details", scored.details)):
            _add(report, f"{pooling} with regions, {kind}", of_regions, pairs)
            share = float((matches(curve, pairs.strangers) >= _EVEN).mean())
            what = f"{pooling} with regions, {kind}: strangers at match ≥ {_EVEN} without a curve"
            report.add(f"{what} of their own", [share], "share")
    if diagram:
        reliability("match.svg", "Reliability of match on held-out pictures", diagram)
    return report


def _add(report: Report, name: str, curve: MatchCurve, pairs: Pairs) -> list[tuple[float, float]]:
    """Add the figures of a curve on some pairs; the points of its diagram."""
    copies, strangers = matches(curve, pairs.originals), matches(curve, pairs.strangers)
    report.add(f"{name}: Brier score", [brier_score(curve, pairs)], "of 1")
    hits = pairs.first_hits()
    base = hits.truth.mean()
    report.add(f"{name}: Brier score of the base rate", [base * (1 - base)], "of 1")
    report.add(f"{name}: originals among first hits", [base], "share")
    report.add(f"{name}: copies R@1", [2 * base], "share")
    for least in (_EVEN, 0.9):
        for kind, of in (("copies", copies), ("strangers", strangers)):
            share = float((of >= least).mean())
            report.add(f"{name}: {kind} at match ≥ {least}", [share], "share")
    for at in (0.1, _EVEN, 0.9):
        report.add(f"{name}: score of match {at}", [curve.least_score(at)], "cosine")
    points, error = _bins(matches(curve, hits.scores), hits.truth)
    report.add(f"{name}: expected calibration error", [error], "share")
    return points


def _bins(
    guess: np.typing.NDArray[np.float64], truth: np.typing.NDArray[np.float64]
) -> tuple[list[tuple[float, float]], float]:
    """Mean match and share of originals by tenths of match, and their mean distance by hits."""
    places = np.minimum((guess * _BINS).astype(int), _BINS - 1)
    points, error = [], 0.0
    for place in range(_BINS):
        inside = places == place
        if not inside.any():
            continue
        point = float(guess[inside].mean()), float(truth[inside].mean())
        error += abs(point[0] - point[1]) * inside.sum() / len(guess)
        if inside.sum() >= _LEAST_HITS:
            points.append(point)
    return points, float(error)
