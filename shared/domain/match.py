"""From a score to `match`: the probability that a hit is the same picture, edited."""

import functools
import json
import math
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.query import SearchParameters
from shared.domain.regions import LAYOUT
from shared.errors import InvalidRequest

#: Written by `make fit-match`: the curve of each fingerprint that has one.
CURVES = Path(__file__).with_name("match_curves.json")
#: Digits of a match; a score has as many.
_DIGITS = 6
#: Halvings after which the bounds of a score in float64 are neighbours.
_HALVINGS = 60


class MatchCurve(Frozen):
    """log(p / (1 - p)) = `rise` · log(s) - `fall` · log(1 - s) + `offset`, for a score s in 0 to 1.

    Beta calibration (Kull, Silva Filho and Flach, AISTATS 2017, section 3): monotone as neither
    factor is negative, 1 where the score is 1.
    """

    rise: float = Field(ge=0, allow_inf_nan=False)
    fall: float = Field(gt=0, allow_inf_nan=False)
    offset: float = Field(allow_inf_nan=False)

    def match(self, score: float) -> float:
        """The probability, 0 to 1, of a hit with this score, -1 to 1."""
        if score <= 0:
            return 0.0
        if score >= 1:
            return 1.0
        logit = self.rise * math.log(score) - self.fall * math.log1p(-score) + self.offset
        # Never the exponential of a large positive number.
        small = math.exp(-abs(logit))
        return round((1 if logit >= 0 else small) / (1 + small), _DIGITS)

    def least_score(self, match: float) -> float:
        """The least score whose match is at least this, which is above 0 and up to 1."""
        below, found = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (below + found) / 2
            if self.match(middle) >= match:
                found = middle
            else:
                below = middle
        return found


def curve_of(fingerprint: str, *, regions: bool = False) -> MatchCurve | None:
    """The curve that belongs to vectors of this fingerprint, if there is one.

    With `regions` it is that of the best score of a picture and of its regions: with more vectors
    strangers score higher. Where an earlier version has fitted none, it is that of whole pictures.
    """
    curves = _curves()
    own = curves.get(name_with_regions(fingerprint)) if regions else None
    return own or curves.get(fingerprint)


def name_with_regions(fingerprint: str) -> str:
    """What the curve of collections with regions is called in the file of curves."""
    return f"{fingerprint}:{LAYOUT}"


def require_curve(fingerprint: str, *, regions: bool = False) -> MatchCurve:
    """As `curve_of`. Raises InvalidRequest `no_match_curve` where there is none."""
    curve = curve_of(fingerprint, regions=regions)
    if curve is None:
        raise InvalidRequest(
            "no_match_curve",
            f"There is no match for vectors of the encoder {fingerprint}. Use min_score, or fit a "
            "curve with `make fit-match`.",
        )
    return curve


def with_least_score(
    parameters: SearchParameters, fingerprint: str, *, regions: bool = False
) -> SearchParameters:
    """The same search with `min_match` as a `min_score` of vectors of this fingerprint.

    `regions` says whether those of pictures' regions are searched, too.

    Raises InvalidRequest `no_match_curve` where there is a `min_match`, and no curve for it.
    """
    if parameters.min_match is None:
        return parameters
    curve = require_curve(fingerprint, regions=regions)
    if parameters.min_match <= 0:
        return parameters
    least = curve.least_score(parameters.min_match)
    if parameters.min_score is not None:
        least = max(least, parameters.min_score)
    return parameters.model_copy(update={"min_score": least})


def write_curves(curves: Mapping[str, MatchCurve], path: Path = CURVES) -> None:
    """Add curves by fingerprint to a file of them, in place of those that it has."""
    known = read_curves(path) if path.exists() else {}
    merged = {name: curve.model_dump() for name, curve in sorted((known | dict(curves)).items())}
    path.write_text(json.dumps(merged, indent=2) + "\n")


def read_curves(path: Path) -> dict[str, MatchCurve]:
    """The curves of a file, by fingerprint."""
    found = json.loads(path.read_text())
    return {name: MatchCurve.model_validate(curve) for name, curve in found.items()}


@functools.cache
def _curves() -> Mapping[str, MatchCurve]:
    return read_curves(CURVES)
