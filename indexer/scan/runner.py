"""A job's scan, tried until it is complete or the job has ended."""

from indexer.scan.context import ScanContext
from indexer.scan.scan import LedgerDataLost, Scan
from indexer.stores import IndexerStores
from shared.domain.job import JobError
from shared.errors import JobFailed, NotFound
from shared.ledger import JobEnded, ScanSuperseded
from shared.log import get_logger
from shared.retry import RetryPolicy, ShuttingDown

_log = get_logger(__name__)


def run_scan(job_id: str, stores: IndexerStores) -> None:
    """Scan a job's source, if the job still wants it and no other living process does it.

    Whatever goes wrong ends the job with an error; a store that is away is waited for. Raises
    nothing but ShuttingDown, when this process shuts down before the scan's end.
    """

    def check_active() -> None:
        stores.jobs.require_active(job_id)

    retry = RetryPolicy(stores.stop, check_active)
    with stores.active_scans.enter(job_id) as ours:
        if not ours:
            return
        try:
            error = _scan_until_complete(job_id, stores, retry)
            if error is not None:
                _log.warning("scan_failed", code=error.code, detail=error.detail)
                retry.run(lambda: stores.jobs.fail(job_id, error))
        except ScanSuperseded:
            _log.info("scan_superseded")
        except JobEnded:
            _log.info("scan_cancelled")


def _scan_until_complete(job_id: str, stores: IndexerStores, retry: RetryPolicy) -> JobError | None:
    """Scan; the error that the job must end with, or None."""
    try:
        while (start := retry.run(lambda: stores.scans.begin(job_id))) is not None:
            spec = retry.run(lambda: stores.jobs.get(job_id)).spec
            _log.info("scan_started", collection=spec.collection, generation=start.generation)
            try:
                Scan(ScanContext(spec, start, retry, stores)).run()
            except LedgerDataLost:
                _log.error("ledger_data_lost", generation=start.generation)
            else:
                return None
        _log.info("scan_skipped")
    except (JobFailed, NotFound) as error:
        return JobError(code=error.code, detail=error.detail)
    except (ScanSuperseded, JobEnded, ShuttingDown):
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the job must not wait for ever
        _log.exception("scan_crashed")
        return JobError(
            code="internal_error",
            detail="The scan met an error of its own; the indexer's log names it.",
        )
    return None
