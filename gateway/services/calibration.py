"""A collection's own thresholds: shown, and computed by a job."""

from gateway.services.loads import LoadService
from shared.domain.calibration import MIN_IMAGES, Calibration
from shared.domain.job import CalibrationSource, Job
from shared.errors import InvalidRequest, NotFound
from shared.ledger import Calibrations
from shared.store import Collections


class CalibrationService:
    """Reads calibrations from the ledger, and queues the jobs that write them."""

    def __init__(
        self,
        collections: Collections,
        calibrations: Calibrations,
        loads: LoadService,
    ) -> None:
        self._collections = collections
        self._calibrations = calibrations
        self._loads = loads

    def get(self, collection: str) -> Calibration:
        """The newest one. Raises NotFound `collection_not_found`, `calibration_not_found`."""
        identity = self._collections.identity(collection)
        found = self._calibrations.get(collection)
        made_for = None if found is None else (found.generation, found.fingerprint)
        if found is None or made_for != (identity.generation, identity.fingerprint):
            raise NotFound(
                "calibration_not_found",
                f"No thresholds of {collection!r} were computed yet. "
                f"POST /api/v2/collections/{collection}/calibration starts that.",
            )
        return found

    def start(self, collection: str) -> Job:
        """Queue a job that calibrates; the one that is unfinished already, if there is one.

        Raises NotFound `collection_not_found`, InvalidRequest `too_few_images`, QueueFull.
        """
        target, source = self._collections.identity(collection), CalibrationSource()
        if (job := self._loads.unfinished(target, source)) is not None:
            return job
        count = self._collections.count(collection)
        if count < MIN_IMAGES:
            raise InvalidRequest(
                "too_few_images",
                f"A calibration takes {MIN_IMAGES} images; there are {count}. Load more first.",
            )
        return self._loads.queue_alone(target, source)
