"""A collection's own thresholds."""

from fastapi import APIRouter, Response

from gateway.dependencies import CalibrationDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath
from gateway.schemas.calibration import Calibration
from gateway.schemas.jobs import Job

router = APIRouter(prefix="/api/v2/collections/{collection}/calibration", tags=["collections"])


@router.get(
    "",
    summary="Show the thresholds of a collection",
    responses=problem_responses(404, 422, 503),
)
def get_calibration(collection: CollectionPath, calibration: CalibrationDep) -> Calibration:
    """Which scores and matches few pairs of its different pictures have, as computed last.

    A pair drawn at random is a false match at such a rate. A search compares with every image: of
    100,000 images, ten strangers have the score of the rate 0.0001.
    """
    return Calibration.of(calibration.get(collection))


@router.post(
    "",
    status_code=202,
    summary="Compute the thresholds of a collection",
    response_description="The job that does so; `Location` is its address.",
    responses=problem_responses(404, 422, 429, 503),
)
def start_calibration(
    collection: CollectionPath, response: Response, calibration: CalibrationDep, urls: UrlsDep
) -> Job:
    """Queue a job that compares 10,000 images of the collection with each other, or all it has.

    Takes 46 images at least: 422 `too_few_images`. While such a job is unfinished the same one is
    answered.
    """
    job = calibration.start(collection)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)
