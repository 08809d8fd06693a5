"""Calibrations over HTTP."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from gateway.schemas.fields import EXAMPLE_JOB_ID, moment
from shared.domain import calibration as domain
from shared.domain.match import curve_of

EXAMPLE_CALIBRATION: dict[str, Any] = {
    "job": EXAMPLE_JOB_ID,
    "encoder": "vgg16:imagenet-4a1ffb70:stretch224:rmac:512:v1",
    "computed_at": "2026-05-02T10:00:09Z",
    "images": 2000,
    "collection_images": 2000,
    "pairs": 1998961,
    "identical": 3,
    "copies": 36,
    "copy_score": 0.969373,
    "thresholds": [
        {"false_match_rate": 0.01, "score": 0.6121, "match": 0.0712, "pairs_above": 19989},
        {"false_match_rate": 0.000001, "score": None, "match": None, "pairs_above": None},
    ],
}


class CalibrationThreshold(BaseModel):
    """What a hit must have, so that few pairs of the collection's different pictures have it."""

    false_match_rate: float = Field(description="The share of these pairs that has it.")
    score: float | None = Field(description="A `min_score`; null where the pairs are too few.")
    match: float | None = Field(
        description="The same as a `min_match`; null, too, where the vectors have no match."
    )
    pairs_above: int | None = Field(description="How many of the pairs have it.")


class Calibration(BaseModel):
    """The thresholds of one collection, from pairs of a random sample of its own images."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_CALIBRATION})

    job: str = Field(description="The job that computed it.")
    encoder: str = Field(description="Fingerprint of the vectors.")
    computed_at: datetime
    images: int = Field(description="Images of the sample.")
    collection_images: int = Field(description="Images that the collection had then.")
    pairs: int = Field(description="Pairs that were counted.")
    identical: int = Field(description="Pairs of equal contents, which were not.")
    copies: int = Field(
        description="Pairs with `copy_score` or more, which were not: nearly all are copies."
    )
    copy_score: float
    thresholds: list[CalibrationThreshold]

    @classmethod
    def of(cls, found: domain.Calibration) -> Self:
        curve = curve_of(found.fingerprint, regions=found.regions)
        thresholds = [
            CalibrationThreshold(
                false_match_rate=threshold.rate,
                score=threshold.score,
                match=None
                if curve is None or threshold.score is None
                else curve.match(threshold.score),
                pairs_above=threshold.pairs_above,
            )
            for threshold in found.thresholds
        ]
        return cls(
            **found.model_dump(
                exclude={"generation", "fingerprint", "regions", "computed_at", "thresholds"}
            ),
            encoder=found.fingerprint,
            computed_at=moment(found.computed_at),
            thresholds=thresholds,
        )
