"""A job's failures as CSV, page by page, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from shared.domain.job import Failure
from shared.ledger import Jobs

_PAGE = 1000
_HEADER = ("uri", "code", "reason", "attempts")
#: Spreadsheets run what begins so (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def failures_csv(jobs: Jobs, job_id: str) -> Iterator[str]:
    """All failures of a job, a page a piece. The first piece is made before anything is sent.

    Raises NotFound `job_not_found`.
    """
    jobs.get(job_id)
    failures = jobs.iter_failures(job_id)
    return _pieces(list(islice(failures, _PAGE)), failures)


def _pieces(page: Sequence[Failure], rest: Iterator[Failure]) -> Iterator[str]:
    yield _rows([_HEADER])
    while page:
        yield _rows([(_safe(f.uri), f.code, _safe(f.reason), str(f.attempts)) for f in page])
        page = list(islice(rest, _PAGE))


def _rows(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
