"""Re-encodings: another pooling or index for a collection, which is searched all the while."""

from fastapi import APIRouter, Response

from gateway.dependencies import ReencodingDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath
from gateway.schemas.jobs import Job
from gateway.schemas.reencoding import Reencoding, ReencodingInput
from shared.domain.collection import IndexSpec

router = APIRouter(prefix="/api/v2/collections/{collection}/reencode", tags=["collections"])


@router.post(
    "",
    status_code=202,
    summary="Encode a collection anew",
    response_description="The job that does so; `Location` is its address.",
    responses=problem_responses(400, 404, 409, 413, 422, 429, 503),
)
def start_reencoding(
    collection: CollectionPath,
    body: ReencodingInput,
    response: Response,
    reencoding: ReencodingDep,
    urls: UrlsDep,
) -> Job:
    """Queue a job that makes vectors with another pooling or index beside those that there are.

    Searches, loads, changes and deletions go on meanwhile; every write goes to both. Once both have
    the same images, the new ones are searched from one moment on, and the old ones are kept until
    DELETE. Pictures are read from their sources: where some cannot be encoded any more, the job
    fails with `sources_missing`, and its failures say why. Started again, it goes on where it was.
    """
    index = IndexSpec(type=body.index.type, params=body.index.params) if body.index else None
    job = reencoding.start(collection, body.pooling, index, allow_missing=body.allow_missing)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)


@router.get(
    "",
    summary="Show the vectors beside a collection's own",
    responses=problem_responses(404, 422, 503),
)
def get_reencoding(collection: CollectionPath, reencoding: ReencodingDep) -> Reencoding:
    """Those that a re-encoding makes, or has replaced: 404 `reencoding_not_found` without any."""
    return Reencoding.of(*reencoding.get(collection))


@router.delete(
    "",
    status_code=204,
    summary="Drop the vectors beside a collection's own",
    response_description="They are gone.",
    responses=problem_responses(404, 409, 422, 503),
)
def delete_reencoding(collection: CollectionPath, reencoding: ReencodingDep) -> None:
    """Give up an unfinished re-encoding, and cancel its job; or drop what a finished one replaced.

    What is searched stays as it is. 409 `reencoding_kept`, and nothing is dropped, where the new
    vectors were put in place while this waited.
    """
    reencoding.drop(collection)
