"""The heartbeat of a process, in a thread of its own."""

import threading
from collections.abc import Callable

from redis.exceptions import RedisError

from shared.domain.worker import HeldLeases, WorkerInfo
from shared.errors import Unavailable
from shared.ledger.workers import Workers
from shared.log import get_logger, outages
from shared.settings import Settings

_log = get_logger(__name__)


class Heartbeat:
    """A daemon thread that registers this process every `heartbeat_seconds`, through outages.

    `held` says which leases this process holds, so that they outlive a Redis that loses them.
    """

    def __init__(
        self,
        workers: Workers,
        info: Callable[[], WorkerInfo],
        settings: Settings,
        held: Callable[[], HeldLeases] = HeldLeases,
    ) -> None:
        self._workers = workers
        self._info = info
        self._held = held
        self._seconds = settings.heartbeat_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, and deregister the process if Redis answers."""
        self._stop.set()
        self._thread.join(timeout=5)
        try:
            self._workers.deregister(self._info().id)
        except (Unavailable, RedisError) as error:
            _log.warning("deregister_failed", error=str(error.__cause__ or error))

    def _run(self) -> None:
        away: str | None = None
        while not self._stop.is_set():
            try:
                restored = self._workers.heartbeat(self._info(), self._held())
                if restored:
                    _log.warning("leases_restored", leases=restored)
            except Unavailable as error:
                away = error.code
                outages.met(away, error)
            except RedisError as error:
                _log.warning("heartbeat_failed", error=str(error))
            else:
                if away is not None:
                    outages.ended(away)
                away = None
            self._stop.wait(self._seconds)
