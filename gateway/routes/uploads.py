"""Uploads: pictures that come with the request."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from gateway.dependencies import CollectionPath, UploadsDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.schemas.fields import Metadata, Tags
from gateway.schemas.images import Upload
from gateway.services.uploads import accepted
from shared.domain.image import MAX_GIVEN_METADATA_BYTES
from shared.domain.job import OnDuplicate

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["images"])

#: More files than this in one request are refused; a page sends them a few at a time anyway.
MAX_FILES = 1000

_METADATA = TypeAdapter(Metadata)


async def _metadata(
    metadata: Annotated[
        str,
        Form(
            max_length=2 * MAX_GIVEN_METADATA_BYTES,
            description="A JSON object.",
            examples=['{"camera": "X100"}'],
        ),
    ] = "{}",
) -> dict[str, Any]:
    try:
        return _METADATA.validate_python(json.loads(metadata))
    except (ValidationError, ValueError, RecursionError) as error:
        message = "must be a JSON object with finite numbers"
        raise RequestValidationError(
            [{"loc": ("body", "metadata"), "msg": message, "type": "value_error"}]
        ) from error


@router.post(
    "/images",
    status_code=202,
    summary="Upload pictures",
    response_description="The queued job and its files; `Location` is the job's address.",
    responses={
        200: {"model": Upload, "description": "With `wait`: everything is searchable now."},
        **problem_responses(400, 409, 413, 422, 429, 503),
    },
    form_limits={"max_files": MAX_FILES},
)
async def upload_images(
    collection: CollectionPath,
    files: Annotated[list[UploadFile], File(description="One or many pictures.", min_length=1)],
    metadata: Annotated[dict[str, Any], Depends(_metadata)],
    response: Response,
    uploads: UploadsDep,
    urls: UrlsDep,
    tags: Annotated[
        Tags, Form(description="Repeat the field for more than one.", examples=[["summer"]])
    ] = [],  # noqa: B006 - FastAPI copies it
    on_duplicate: Annotated[
        OnDuplicate,
        Form(description="`skip` leaves out pictures whose content is in the collection already."),
    ] = "keep",
    wait: Annotated[
        bool,
        Query(description="Answer once they are searchable: 200, or 202 when that takes long."),
    ] = False,
) -> Upload:
    """Store pictures and queue them as a job, an unknown collection being created.

    Each is known by its content: the same picture is stored once, and its name is for show only.
    Files that are no pictures are `rejected` in the reply and are no part of the job; when none is
    a picture, the answer is 422 and nothing is stored.
    """
    queued = await run_in_threadpool(
        uploads.store_and_queue,
        collection,
        files,
        on_duplicate=on_duplicate,
        tags=tags,
        metadata=metadata,
    )
    response.headers["Location"] = urls.job(queued.job.spec.id)
    if not wait:
        return accepted(queued)
    upload = await uploads.wait(queued)
    response.status_code = 200 if upload.finished_at else 202
    return upload
