"""The calibrations of collections."""

from shared.domain.calibration import Calibration
from shared.ledger import keys, scripts
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable


class Calibrations(Retriable):
    """The newest calibration of each collection, which is deleted with it."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._record = redis.register_script(scripts.RECORD_CALIBRATION)

    @repeatable
    def get(self, collection: str) -> Calibration | None:
        """The newest one, perhaps of an earlier collection of this name."""
        raw = self._redis.get(keys.calibration(collection))
        return None if raw is None else Calibration.model_validate_json(raw)

    @repeatable
    def record(self, collection: str, found: Calibration) -> None:
        """Keep a calibration, unless its job has ended."""
        self._record(keys=keys.for_job(found.job), args=[collection, found.model_dump_json()])
