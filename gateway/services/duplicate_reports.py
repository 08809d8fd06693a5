"""What of a load looks like a copy of something that was there already."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.duplicates import DuplicateReport
from shared.domain.image import ImageRow
from shared.errors import Conflict
from shared.ledger import DuplicateReports, Jobs
from shared.store import Images


class ReportPage(NamedTuple):
    """A page of a load's reports, with those of their images that exist; `reported` counts all."""

    collection: str
    reports: Sequence[DuplicateReport]
    rows: Mapping[str, ImageRow]
    next_cursor: str | None
    reported: int


class DuplicateReportService:
    """Reads the reports of loads that were asked for them."""

    def __init__(self, jobs: Jobs, reports: DuplicateReports, images: Images) -> None:
        self._jobs = jobs
        self._reports = reports
        self._images = images

    def page(self, job_id: str, cursor: str | None, limit: int) -> ReportPage:
        """Reports in the order in which they came.

        Raises NotFound `job_not_found`, Conflict `duplicates_not_reported`, InvalidRequest
        `invalid_cursor`, Unavailable.
        """
        spec = self._jobs.get(job_id).spec
        if not spec.report_duplicates:
            raise Conflict(
                "duplicates_not_reported",
                "This job was not asked to report duplicates. Queue a load with "
                "`report_duplicates: true`, or find all: POST "
                f"/api/v2/collections/{spec.collection}/duplicates.",
            )
        reports, next_cursor = self._reports.page(job_id, cursor, limit)
        ids = dict.fromkeys(image for report in reports for image in (report.id, report.of))
        rows = self._images.get_many(spec.collection, ids) if ids else {}
        count = self._reports.count(job_id)
        return ReportPage(spec.collection, reports, rows, next_cursor, count)
