"""A job's scan, repeated until it is complete or the job has ended."""

from functools import partial

from indexer.scan.calibration import CalibrationRun
from indexer.scan.context import ScanContext, ScanSuspended
from indexer.scan.deletion import Deletion
from indexer.scan.duplicates import FindDuplicates
from indexer.scan.export import ExportRun
from indexer.scan.importing import ImportRun
from indexer.scan.reencoding import Reencoding
from indexer.scan.scan import LedgerDataLost, Scan, WalkOutdated
from indexer.stores import IndexerStores
from shared import tracing
from shared.domain.job import JobError
from shared.errors import Conflict, JobFailed, NotFound
from shared.ledger import CopyOutdated, JobEnded, ScanSuperseded, TiesLost
from shared.log import get_logger, of_request
from shared.retry import RetryPolicy, ShuttingDown

_log = get_logger(__name__)


def run_scan(job_id: str, stores: IndexerStores) -> None:
    """Scan a job's source, if the job is active and no other live process scans it.

    An error ends the job; an outage is waited out. Raises only ShuttingDown, if this process
    shuts down before the scan ends.
    """
    retry = RetryPolicy(stores.stop, partial(stores.jobs.require_active, job_id))
    stores = stores.with_retry(retry)
    with stores.active_scans.enter(job_id) as ours:
        if not ours:
            return
        try:
            error = _scan_until_complete(job_id, stores, retry)
            if error is not None:
                _log.warning("scan_failed", code=error.code, detail=error.detail)
                stores.jobs.fail(job_id, error)
        except ScanSuperseded:
            _log.info("scan_superseded")
        except JobEnded:
            _log.info("scan_cancelled")


def _scan_until_complete(job_id: str, stores: IndexerStores, retry: RetryPolicy) -> JobError | None:
    """Scan. Returns the error that the job must end with, or None."""
    try:
        afresh = False
        while (start := stores.scans.begin(job_id, afresh=afresh)) is not None:
            spec = stores.jobs.get(job_id).spec
            with (
                of_request(spec.request_id),
                tracing.span(
                    "scan",
                    parent=spec.traceparent,
                    job=job_id,
                    collection=spec.collection,
                    generation=start.generation,
                ),
            ):
                if _completes(ScanContext(spec, start, retry, stores)):
                    return None
            afresh = True
        _log.info("scan_skipped")
    except (JobFailed, NotFound, Conflict) as error:
        return JobError(code=error.code, detail=error.detail)
    except (ScanSuperseded, JobEnded, ShuttingDown):
        raise
    except Exception:  # noqa: BLE001 - the job must end, whatever the error
        _log.exception("scan_crashed")
        return JobError(
            code="internal_error",
            detail="The scan met an error of its own; the indexer's log names it.",
        )
    return None


def _completes(context: ScanContext) -> bool:
    """Scan once. False where what was kept of it is of no use, and it is to be begun afresh."""
    spec, generation = context.spec, context.generation
    _log.info("scan_started", collection=spec.collection, generation=generation)
    try:
        if spec.source.kind == "deletion":
            Deletion(context, spec.source).run()
        elif spec.source.kind == "duplicates":
            FindDuplicates(context, spec.source).run()
        elif spec.source.kind == "calibration":
            CalibrationRun(context).run()
        elif spec.source.kind == "export":
            ExportRun(context, spec.source).run()
        elif spec.source.kind == "import":
            ImportRun(context, spec.source).run()
        elif spec.source.kind == "reencoding":
            Reencoding(context, spec.source).run()
        else:
            Scan(context).run()
    except TiesLost:
        _log.warning("duplicates_outdated", generation=generation)
    except CopyOutdated:
        _log.warning("copy_outdated", generation=generation)
    except LedgerDataLost:
        _log.error("ledger_data_lost", generation=generation)
    except WalkOutdated:
        _log.warning("walk_outdated", generation=generation)
    except ScanSuspended as suspended:
        context.stores.scans.suspend(spec.id, generation, suspended.walk)
        _log.info("scan_suspended", generation=generation)
        return True
    else:
        return True
    return False
