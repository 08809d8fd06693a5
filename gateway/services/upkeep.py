"""What the gateway does by itself, so that nothing is left half done by one that was killed."""

import threading
import time

from gateway.services.deletion import DeletionService
from gateway.services.region_sweep import RegionSweep
from gateway.services.renaming import RenamingService
from gateway.services.upload_sweep import UploadSweep
from shared.log import get_logger
from shared.redis import is_outage

_log = get_logger(__name__)

_TICK_SECONDS = 2.0
_SWEEP_SECONDS = 3600.0
#: After what left regions, or a sweep that could not look at all: longer than rows stay locked.
_SOON_SECONDS = 180.0


class Upkeep:
    """A daemon thread that finishes deletions, and sweeps at the start and each hour.

    Several gateways may do so at once.
    """

    def __init__(
        self,
        deletion: DeletionService,
        renaming: RenamingService,
        sweep: UploadSweep,
        regions: RegionSweep,
    ) -> None:
        self._deletion = deletion
        self._renaming = renaming
        self._sweep = sweep
        self._regions = regions
        self._next_sweep = 0.0
        self._next_region_sweep = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def run_once(self) -> None:
        """One round. Raises Unavailable."""
        self._deletion.finish_drops()
        self._renaming.finish_interrupted()
        self._sweep.remove_dropped()
        self._sweep.remove_deleted()
        if time.monotonic() >= self._next_sweep:
            self._sweep.sweep()
            self._next_sweep = time.monotonic() + _SWEEP_SECONDS
        self._sweep_regions()

    def _sweep_regions(self) -> None:
        soon = time.monotonic() + _SOON_SECONDS
        if self._deletion.regions_left.is_set():
            self._deletion.regions_left.clear()
            self._next_region_sweep = min(self._next_region_sweep, soon)
        if time.monotonic() >= self._next_region_sweep:
            self._next_region_sweep = soon
            if self._regions.sweep():
                self._next_region_sweep = time.monotonic() + _SWEEP_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            try:
                self.run_once()
            except Exception as error:  # noqa: BLE001 - the thread must outlive any error
                if is_outage(error):
                    _log.warning("upkeep_postponed", error=str(error)[:200])
                else:
                    _log.exception("upkeep_failed")
                    self._next_sweep = time.monotonic() + _SWEEP_SECONDS
