"""What of a load looks like a copy of something already there."""

from fastapi import APIRouter

from gateway.dependencies import DuplicateReportsDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.routes.parameters import Cursor, JobPath, Limit
from gateway.schemas.duplicates import DuplicateReportItem, DuplicateReportList
from gateway.schemas.images import Image
from shared.domain.image import ImageRow

router = APIRouter(prefix="/api/v2/jobs/{job}/duplicates", tags=["duplicates"])


@router.get(
    "",
    summary="List what a load has duplicated",
    response_model_exclude_unset=True,
    responses=problem_responses(404, 409, 422, 503),
)
def list_job_duplicates(
    job: JobPath,
    reports: DuplicateReportsDep,
    urls: UrlsDep,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DuplicateReportList:
    """The files of a load with `report_duplicates` that look like a copy of something there before.

    Each with the image that it looks like most: one with the same bytes, or one with a match of
    0.9 at least. Files that arrive at the same moment in two encoders may miss each other.
    """
    page = reports.page(job, cursor, limit)

    def image(row: ImageRow | None) -> Image | None:
        return None if row is None else Image.of(row, page.collection, urls)

    return DuplicateReportList(
        items=[
            DuplicateReportItem(
                uri=report.uri,
                grade=report.grade,
                match=report.match,
                image=image(page.rows.get(report.id)),
                of=image(page.rows.get(report.of)),
            )
            for report in page.reports
        ],
        next_cursor=page.next_cursor,
        count=page.reported,
    )
