"""A job's failures as CSV that is safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from shared.domain.job import Failure
from shared.ledger import Jobs

_ROWS_PER_PART = 1000
_HEADER = ("uri", "code", "reason", "attempts")
#: Spreadsheets run cells that begin so (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def failures_csv(jobs: Jobs, job_id: str) -> Iterator[str]:
    """All failures of a job as CSV, in parts of a thousand rows.

    The job and its first failures are read at once, so that errors are raised here and not while
    the answer is being sent. Raises NotFound `job_not_found`.
    """
    jobs.get(job_id)
    failures = jobs.iter_failures(job_id)
    return _parts(list(islice(failures, _ROWS_PER_PART)), failures)


def _parts(page: Sequence[Failure], rest: Iterator[Failure]) -> Iterator[str]:
    yield _rows([_HEADER])
    while page:
        yield _rows([(_safe(f.uri), f.code, _safe(f.reason), str(f.attempts)) for f in page])
        page = list(islice(rest, _ROWS_PER_PART))


def _rows(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
