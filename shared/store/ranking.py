"""The order of what a search found."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.store.rows import Row

Scored = tuple[float, str]

#: Digits of a score. A cosine in float32 is good to about 1e-7 and differs by that from index to
#: index; rounded, equal pictures have equal scores, and the order of equals is that of their ids.
_DIGITS = 6


class Ranking(NamedTuple):
    """Images by score downwards, then by id; their contents' SHA-256; the rows that were read.

    `regions` are the numbers of the regions that have the scores of images, where the whole image
    has a lower one.
    """

    scored: Sequence[Scored]
    contents: Mapping[str, str]
    rows: Mapping[str, Row]
    regions: Mapping[str, int] = {}


def rank(found: Sequence[Row], exclude: str | None) -> list[Scored]:
    """Scores and ids by score downwards, then by id."""
    scored = [(score_of(row["distance"]), row["id"]) for row in found if row["id"] != exclude]
    return sorted(scored, key=lambda pair: (-pair[0], pair[1]))


def score_of(cosine: float) -> float:
    """A cosine as it is told: within -1 and 1, to six digits."""
    return round(min(1.0, max(-1.0, cosine)), _DIGITS)
