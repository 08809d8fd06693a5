"""A job that tells a collection's own thresholds, instead of loading images."""

import numpy as np
import numpy.typing as npt

from indexer.scan.context import ScanContext
from indexer.scan.pair_scores import PairScores
from shared.domain.calibration import MAX_IMAGES, MIN_IMAGES, Calibration
from shared.domain.fingerprint import DIMENSION
from shared.domain.match import curve_of
from shared.errors import JobFailed
from shared.log import get_logger

_log = get_logger(__name__)

#: From this match on, two pictures are taken to be one that was edited.
_COPY_MATCH = 0.999
#: From this score on, where vectors have no curve.
_COPY_SCORE = 0.99
#: Vectors that are read together.
_BATCH = 1000


class CalibrationRun:
    """One try of such a job. It writes nothing before its end, so a repeated one begins anew."""

    def __init__(self, context: ScanContext) -> None:
        self._context = context
        self._stores = context.stores

    def run(self) -> None:
        """Calibrate.

        Raises NotFound, JobFailed, ScanSuperseded, ScanSuspended, JobEnded, ShuttingDown.
        """
        spec, stores = self._context.spec, self._stores
        identity = stores.collections.identity(spec.collection)
        identity.require_generation(spec.generation)
        # After a strong count, the look-ups that follow see every write before it.
        count = stores.collections.count(spec.collection)
        vectors, contents = self._sample(spec.collection)
        if stores.collections.identity(spec.collection).edition != identity.edition:
            raise JobFailed(
                "reencoded", "The collection was encoded anew meanwhile. Start the job again."
            )
        if len(vectors) < MIN_IMAGES:
            raise too_few_images(len(vectors))
        curve = curve_of(identity.fingerprint)
        scores = PairScores(curve.least_score(_COPY_MATCH) if curve else _COPY_SCORE)
        for _ in scores.add_all(vectors, contents):
            self._context.wait_while_paused()
        found = Calibration(
            job=spec.id,
            generation=identity.generation,
            fingerprint=identity.fingerprint,
            computed_at=stores.jobs.now(),
            images=len(vectors),
            collection_images=max(count, len(vectors)),
            pairs=scores.pairs,
            identical=scores.identical,
            copies=scores.copies,
            copy_score=round(scores.copy_score, 6),
            thresholds=scores.thresholds(),
            regions=identity.regions,
        )
        stores.calibrations.record(spec.collection, found)
        stores.scans.finish(spec.id, self._context.generation)
        _log.info("calibration_finished", images=found.images, pairs=found.pairs)

    def _sample(self, collection: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Unit vectors, float32 (n, 512), and a number (n) for the content of each.

        Ids are hashes of uris, so the first n images by id are a random sample of the collection.
        """
        parts = [np.zeros((0, DIMENSION), np.float32)]
        sha256s: list[str] = []
        last = ""
        while (left := MAX_IMAGES - len(sha256s)) > 0:
            self._context.wait_while_paused()
            batch = self._stores.neighbours.vectors_after(collection, last, min(left, _BATCH))
            if not batch.ids:
                break
            parts.append(batch.vectors)
            sha256s += batch.sha256s
            last = batch.ids[-1]
        contents = np.unique(np.array(sha256s), return_inverse=True)[1].astype(np.int64)
        return np.concatenate(parts), contents


def too_few_images(count: int) -> JobFailed:
    """The error of a job whose collection has too few images by the time that it runs."""
    return JobFailed(
        "too_few_images",
        f"A calibration takes {MIN_IMAGES} images; there are {count}. Load more, then start it "
        "again.",
    )
