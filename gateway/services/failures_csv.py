"""A job's failures as CSV, page by page, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence

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
    page, cursor = jobs.failures(job_id, None, _PAGE)
    return _pieces(jobs, job_id, page, cursor)


def _pieces(jobs: Jobs, job_id: str, page: Sequence[Failure], cursor: str | None) -> Iterator[str]:
    yield _rows([_HEADER])
    while True:
        yield _rows([(_safe(f.uri), f.code, _safe(f.reason), str(f.attempts)) for f in page])
        if cursor is None:
            return
        page, cursor = jobs.failures(job_id, cursor, _PAGE)


def _rows(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def prefers_csv(accept: str) -> bool:
    """Whether an Accept header asks for text/csv rather than for JSON."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type in weights:
            weights[media_type] = _quality(parameters)
    return weights["text/csv"] > weights["application/json"]


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
