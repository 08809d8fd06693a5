"""An image's own bytes and its thumbnail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from gateway.dependencies import FilesDep, ImagesDep, OriginalThreadsDep, ThumbnailsDep
from gateway.files.originals import known_version, open_original
from gateway.http.caching import cache_control, has_current, not_modified
from gateway.http.open_file import OpenFileResponse
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, ImagePath
from gateway.schemas.urls import content_version
from shared.domain.image import ImageRow
from shared.files.formats import MEDIA_TYPES
from shared.sources import Files
from shared.store import Images

router = APIRouter(prefix="/api/v2/collections/{collection}/images/{image}", tags=["images"])

#: Every size is cached on disk; the bounds limit how many there can be.
_MIN_SIZE, _MAX_SIZE = 32, 1024

Version = Annotated[
    str | None,
    Query(
        max_length=64,
        description="The content's version, as in `content_url`: with it, browsers may keep the "
        "answer for ever.",
    ),
]
_BINARY = {"type": "string", "format": "binary"}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "`If-None-Match` names what the caller has already."}
}
CONTENT_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, with `ETag` and `Cache-Control`.",
        "content": {media_type: {"schema": _BINARY} for media_type in MEDIA_TYPES.values()},
    },
    206: {"description": "The part that `Range` asked for."},
    **_NOT_MODIFIED,
    **problem_responses(400, 403, 404, 416, 422, 503),
}


@dataclass(frozen=True)
class _Requested:
    """The image that a path names, and where it is looked up."""

    collection: str
    image: str
    images: Images
    files: Files

    def row(self) -> ImageRow:
        """Raises NotFound `image_not_found` and `collection_not_found`."""
        return self.images.get(self.collection, self.image)


async def _requested(
    collection: CollectionPath, image: ImagePath, images: ImagesDep, files: FilesDep
) -> _Requested:
    return _Requested(collection, image, images, files)


RequestedDep = Annotated[_Requested, Depends(_requested)]


@router.get(
    "/content",
    summary="Get an image's bytes",
    response_class=FileResponse,
    responses=CONTENT_REPLIES,
)
@router.head("/content", include_in_schema=False)
async def get_image_content(
    requested: RequestedDep, request: Request, threads: OriginalThreadsDep, v: Version = None
) -> Response:
    """The picture's file as it is, with its type told by its content; ranges are served."""
    row = await run_in_threadpool(requested.row)
    place = (row, requested.collection, requested.files)
    return await threads.run(row.uri, picture_response, *place, request.headers, v)


@router.get(
    "/thumbnail",
    summary="Get an image's thumbnail",
    response_class=Response,
    responses={
        200: {
            "description": "The thumbnail, with `ETag` and `Cache-Control`.",
            "content": {"image/webp": {"schema": _BINARY}},
        },
        **_NOT_MODIFIED,
        **problem_responses(403, 404, 422, 503),
    },
)
@router.head("/thumbnail", include_in_schema=False)
async def get_image_thumbnail(
    requested: RequestedDep,
    request: Request,
    thumbnails: ThumbnailsDep,
    threads: OriginalThreadsDep,
    size: Annotated[
        int, Query(ge=_MIN_SIZE, le=_MAX_SIZE, description="Longest side at most, in pixels.")
    ] = 256,
    v: Version = None,
) -> Response:
    """A small WebP of the picture, upright, its first frame if it moves; never enlarged."""
    row = await run_in_threadpool(requested.row)
    place = (row, requested.collection, requested.files)
    headers = {"Cache-Control": cache_control(v, content_version(row))}
    version, data = await threads.run(row.uri, known_version, *place, size), None
    if version is not None:
        headers["ETag"] = f'"{version}"'
        if has_current(request.headers, headers["ETag"]):
            return not_modified(headers)
        data = await thumbnails.kept(version)
    if data is None:
        original = await threads.run(row.uri, open_original, *place)
        with original.file:
            data, headers["ETag"] = await thumbnails.get(original, size)
        if has_current(request.headers, headers["ETag"]):
            return not_modified(headers)
    return Response(data, media_type="image/webp", headers=headers)


def picture_response(
    row: ImageRow,
    collection: str,
    files: Files,
    request_headers: Mapping[str, str],
    wanted_version: str | None,
) -> Response:
    """An image's bytes, or the ranges of them that are asked for; 304 if the client has them.

    Raises NotFound, NotPermitted, Unavailable as `open_original` and `Original.format` do.
    """
    caching = {"Cache-Control": cache_control(wanted_version, content_version(row))}
    if "if-none-match" in request_headers:
        version = known_version(row, collection, files)
        if version is not None and has_current(request_headers, f'"{version}"'):
            return not_modified({"ETag": f'"{version}"', **caching})
    original = open_original(row, collection, files)
    try:
        media_type = MEDIA_TYPES[original.format()]
    except BaseException:
        original.file.close()
        raise
    etag = f'"{original.version()}"'
    headers = {"ETag": etag, **caching}
    if has_current(request_headers, etag):
        original.file.close()
        return not_modified(headers)
    return OpenFileResponse(original.file, original.status, media_type, headers)
