"""Exports of a collection: start, list, show, fetch, delete."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse

from gateway.dependencies import AccessDep, ExportsDep, UrlsDep
from gateway.http.caching import has_current, not_modified
from gateway.http.open_file import OpenFileResponse
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor, Limit
from gateway.schemas.exports import Export, ExportInput, ExportList
from gateway.schemas.fields import EXAMPLE_JOB_ID
from gateway.schemas.jobs import Job
from shared import cursors
from shared.errors import invalid_cursor

router = APIRouter(prefix="/api/v2/collections/{collection}/exports", tags=["exports"])

ExportPath = Annotated[
    str,
    Path(max_length=128, description="An export's id: its job's.", examples=[EXAMPLE_JOB_ID]),
]
_MEDIA_TYPE = "application/octet-stream"
_FILE = {
    _MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "PAR1\u2026PAR1"}
}
_RANGE = {
    "name": "Range",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The bytes to send: `bytes=0-8388607`.",
}
_PART_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, with `ETag`: its SHA-256.", "content": _FILE},
    206: {"description": "The part of it that `Range` asked for.", "content": _FILE},
    304: {"description": "`If-None-Match` names what the caller has already."},
    **problem_responses(400, 404, 416, 422, 503, 507),
}


@router.post(
    "",
    status_code=202,
    summary="Export a collection",
    response_description="The job that does so; `Location` is its address.",
    responses=problem_responses(400, 404, 413, 422, 429, 503),
)
def create_export(
    collection: CollectionPath,
    response: Response,
    exports: ExportsDep,
    urls: UrlsDep,
    body: ExportInput | None = None,
) -> Job:
    """Queue a job that writes every field and vector of a collection to Parquet files.

    Its id is the export's. Each image that there is when it begins, and that is neither changed nor
    deleted before it ends, is in the export as it is; what is written meanwhile may be in it or
    not. While such a job is unfinished, asking again answers that one. Exports outlive their
    collection.
    """
    job = exports.start(collection, uploads=(body or ExportInput()).uploads)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)


@router.get("", summary="List the exports", responses=problem_responses(404, 422, 503, 507))
def list_exports(
    collection: CollectionPath, exports: ExportsDep, cursor: Cursor = None, limit: Limit = 100
) -> ExportList:
    """The finished exports of a collection, newest first, also of one that was dropped."""
    start = cursors.decode(cursor, int)[0] if cursor else 0
    if start < 0:
        raise invalid_cursor()
    found = exports.list(collection)
    page = found[start : start + limit]
    more = len(found) > start + limit
    return ExportList(
        items=[Export.of(*export) for export in page],
        next_cursor=cursors.encode(start + limit) if more else None,
    )


@router.get("/{export}", summary="Show an export", responses=problem_responses(404, 422, 503, 507))
def get_export(collection: CollectionPath, export: ExportPath, exports: ExportsDep) -> Export:
    """What an export holds, and the SHA-256 of each part. 404 until its job is done."""
    return Export.of(*exports.get(collection, export))


@router.get(
    "/{export}/parts/{part}",
    summary="Get a file of an export",
    response_class=FileResponse,
    responses=_PART_REPLIES,
    openapi_extra={"parameters": [_RANGE]},
)
@router.head("/{export}/parts/{part}", include_in_schema=False)
def get_export_part(
    collection: CollectionPath,
    export: ExportPath,
    part: Annotated[
        str,
        Path(
            max_length=128,
            description="A part's name, or `manifest.json`.",
            examples=["images-00000-1.parquet"],
        ),
    ],
    exports: ExportsDep,
    request: Request,
) -> Response:
    """A part as it is, or `manifest.json`; ranges are served.

    An export is copied to another system as a folder of these, whose name is then `from_export`.
    """
    found = exports.open_part(collection, export, part)
    headers = {"Cache-Control": "private, no-cache"}
    if found.sha256 is not None:
        headers["ETag"] = f'"{found.sha256}"'
        if has_current(request.headers, headers["ETag"]):
            found.file.close()
            return not_modified(headers)
    return OpenFileResponse(found.file, found.status, _MEDIA_TYPE, headers)


@router.delete(
    "/{export}",
    status_code=204,
    summary="Delete an export",
    response_description="It is gone.",
    responses=problem_responses(404, 409, 422, 503, 507),
)
def delete_export(
    collection: CollectionPath, export: ExportPath, exports: ExportsDep, access: AccessDep
) -> None:
    """Delete the files of an export. One that a job is writing ends by cancelling that job.

    One whose manifest cannot be read takes an administrator, as nobody can tell whose it is.
    """
    exports.delete(collection, export, check_unreadable=access.require_server)
