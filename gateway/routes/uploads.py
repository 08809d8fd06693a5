"""Uploads: pictures sent with the request."""

import json
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from gateway.dependencies import UploadsDep, UrlsDep
from gateway.http.problems import invalid_field, problem_responses
from gateway.routes.parameters import CollectionPath
from gateway.schemas.fields import Metadata, Tags
from gateway.schemas.images import Upload
from gateway.services.loads import LoadOptions
from gateway.services.uploads import SentFile
from shared.domain.image import MAX_GIVEN_METADATA_BYTES
from shared.domain.job import OnDuplicate

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["images"])

#: Files that one request may hold.
MAX_FILES = 1000

_METADATA = TypeAdapter(Metadata)


class _Options(NamedTuple):
    load: LoadOptions
    wait: bool


async def _options(
    tags: Annotated[
        Tags, Form(description="Repeat the field for more than one.", examples=[["summer"]])
    ] = [],  # noqa: B006 - FastAPI copies it
    on_duplicate: Annotated[
        OnDuplicate,
        Form(description="`skip` leaves out pictures whose content is in the collection already."),
    ] = "keep",
    report_duplicates: Annotated[
        bool,
        Form(
            description="Whether the job lists what looks like a copy of something already there."
        ),
    ] = False,
    metadata: Annotated[
        str,
        Form(
            # JSON may escape an emoji of four bytes in twelve.
            max_length=3 * MAX_GIVEN_METADATA_BYTES,
            description="A JSON object.",
            examples=['{"camera": "X100"}'],
        ),
    ] = "{}",
    wait: Annotated[
        bool,
        Query(description="Answer once they are searchable: 200, or 202 when that takes long."),
    ] = False,
) -> _Options:
    try:
        parsed = _METADATA.validate_python(json.loads(metadata))
    except ValidationError as error:
        raise invalid_field(error.errors()[0]["msg"], "body", "metadata") from error
    except (ValueError, RecursionError) as error:
        raise invalid_field("must be a JSON object", "body", "metadata") from error
    load = LoadOptions(
        on_duplicate=on_duplicate,
        report_duplicates=report_duplicates,
        tags=tuple(tags),
        metadata=parsed,
    )
    return _Options(load, wait)


@router.post(
    "/images",
    status_code=202,
    summary="Upload pictures",
    response_description="The queued job and its files; `Location` is the job's address.",
    responses={
        200: {"model": Upload, "description": "With `wait`: everything is searchable now."},
        **problem_responses(400, 409, 413, 422, 429, 503, 507),
    },
    form_limits={"max_files": MAX_FILES},
)
async def upload_images(
    collection: CollectionPath,
    files: Annotated[list[UploadFile], File(description="One or many pictures.", min_length=1)],
    options: Annotated[_Options, Depends(_options)],
    response: Response,
    uploads: UploadsDep,
    urls: UrlsDep,
) -> Upload:
    """Store pictures and queue them as a job, an unknown collection being created.

    An archive (.zip, .tar, .tar.gz, .tar.xz, .tar.zst) is opened, and its pictures are stored as
    if each had been sent by itself; `files` of the reply names each of them.

    Each is known by its content: the same picture is stored once, and its name is for show only.
    Files that are no pictures are `rejected` in the reply and are no part of the job; when none is
    a picture, the answer is 422 and nothing is stored.
    """
    sent = [SentFile(file.filename, file.file) for file in files]
    queued = await run_in_threadpool(uploads.store_and_queue, collection, sent, options.load)
    result = await uploads.wait(queued) if options.wait else queued.result
    response.headers["Location"] = urls.job(result.job.spec.id)
    if result.job.finished:
        response.status_code = 200
    return Upload.of(result)
