"""Images: list, show, change, delete."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gateway.dependencies import DeletionDep, ImagesDep, LabelsDep, UrlsDep
from gateway.http import caching
from gateway.http.caching import etag
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor, ImagePath, Limit
from gateway.schemas.fields import BLANK_IS_NONE
from gateway.schemas.images import Deleted, Image, ImageList, ImageUpdate
from gateway.schemas.jobs import Job
from gateway.schemas.search import FilterTag, PathPrefix
from gateway.services.labels import LabelChange
from shared.domain.image import MAX_URI_BYTES, ImageFilter

router = APIRouter(prefix="/api/v2/collections/{collection}/images", tags=["images"])

TagQuery = Annotated[
    FilterTag | None, BLANK_IS_NONE, Query(description="Only images with this tag.")
]
PrefixQuery = Annotated[
    PathPrefix | None,
    BLANK_IS_NONE,
    Query(description="Only images in this folder and below, given as an absolute path or a uri."),
]

IfMatch = Annotated[
    Annotated[str, Field(max_length=2000)] | None,
    Header(description="ETags of the image; if it has none of them any more, the answer is 412."),
]


class ImageListQuery(BaseModel):
    """The query parameters of a list of images."""

    tag: TagQuery = None
    path_prefix: PrefixQuery = None
    uri: Annotated[
        Annotated[str, Field(max_length=MAX_URI_BYTES)] | None,
        BLANK_IS_NONE,
        Query(description="Only the image with this uri, or whose file has this absolute path."),
    ] = None
    order: Annotated[
        Literal["id", "added_at", "-added_at"],
        Query(description="`-added_at` is newest first."),
    ] = "id"
    cursor: Cursor = None
    limit: Limit = 100


@router.get("", summary="List the images", responses=problem_responses(404, 422, 503))
def list_images(
    collection: CollectionPath,
    query: Annotated[ImageListQuery, Query()],
    images: ImagesDep,
    urls: UrlsDep,
) -> ImageList:
    """The images of a collection, page by page."""
    wanted = ImageFilter(tag=query.tag, path_prefix=query.path_prefix, uri=query.uri)
    rows, next_cursor = images.page(collection, wanted, query.order, query.cursor, query.limit)
    return ImageList(
        items=[Image.of(row, collection, urls) for row in rows], next_cursor=next_cursor
    )


@router.delete(
    "",
    summary="Forget many images",
    response_model=Deleted,
    responses={
        202: {"model": Job, "description": "A job forgets them; `Location` is its address."},
        **problem_responses(404, 422, 429, 503),
    },
)
def delete_images(
    collection: CollectionPath,
    deletion: DeletionDep,
    urls: UrlsDep,
    tag: TagQuery = None,
    path_prefix: PrefixQuery = None,
) -> Any:
    """Forget the images that a filter names, and those of their files that were uploaded.

    More than a thousand are forgotten by a job, whose `removed` counts them: 202. Without a filter
    nothing is forgotten: 422 `empty_filter`.
    """
    wanted = ImageFilter(tag=tag, path_prefix=path_prefix)
    done = deletion.matching(collection, wanted)
    if isinstance(done, int):
        return Deleted(deleted=done)
    headers = {"Location": urls.job(done.spec.id)}
    return JSONResponse(Job.of(done).model_dump(mode="json"), 202, headers)


@router.get(
    "/{image}",
    summary="Show an image",
    response_description="The image; `ETag` is for `If-Match`.",
    responses=problem_responses(404, 422, 503),
)
def get_image(
    collection: CollectionPath,
    image: ImagePath,
    images: ImagesDep,
    urls: UrlsDep,
    response: Response,
) -> Image:
    """What is known of an image."""
    row = images.get(collection, image)
    response.headers["ETag"] = etag(row.version)
    return Image.of(row, collection, urls)


@router.patch(
    "/{image}",
    summary="Change an image's tags or metadata",
    response_description="The image as it is now; `ETag` is for `If-Match`.",
    responses=problem_responses(400, 404, 412, 413, 422, 503),
)
def update_image(
    collection: CollectionPath,
    image: ImagePath,
    body: ImageUpdate,
    labels: LabelsDep,
    urls: UrlsDep,
    response: Response,
    if_match: IfMatch = None,
) -> Image:
    """Replace an image's tags, its metadata, or both; what is left out stays as it is.

    With `If-Match`, only if nobody has changed the image since it was read: 412 otherwise.
    """
    change = LabelChange(tags=body.tags, metadata=body.metadata)
    row = labels.update(collection, image, change, caching.if_match(if_match))
    response.headers["ETag"] = etag(row.version)
    return Image.of(row, collection, urls)


@router.delete(
    "/{image}",
    status_code=204,
    summary="Forget an image",
    response_description="It is gone.",
    responses=problem_responses(404, 412, 422, 503),
)
def delete_image(
    collection: CollectionPath,
    image: ImagePath,
    deletion: DeletionDep,
    if_match: IfMatch = None,
) -> None:
    """Forget an image's vector, and its file if it was uploaded.

    A job that is about to index that upload again counts it as a failure, `missing`.
    """
    deletion.image(collection, image, caching.if_match(if_match))
