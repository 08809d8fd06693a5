"""Images: list, show, change, delete."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gateway.dependencies import BulkTagsDep, DeletionDep, ImagesDep, LabelsDep, UrlsDep
from gateway.http import caching
from gateway.http.caching import etag
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor, ImagePath, Limit
from gateway.schemas.fields import BLANK_IS_NONE
from gateway.schemas.filters import FILTER_DESCRIPTION, parse_filter
from gateway.schemas.images import Deleted, Image, ImageList, ImageUpdate
from gateway.schemas.jobs import Job
from gateway.schemas.search import FilterTag, FilterText, PathPrefix
from gateway.schemas.tagging import TagsChanged, TagsUpdate
from gateway.services.bulk_tags import TagChange
from shared.domain.filter import Filter
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

FilterQuery = Annotated[FilterText | None, BLANK_IS_NONE, Query(description=FILTER_DESCRIPTION)]
IfMatch = Annotated[
    Annotated[str, Field(max_length=2000)] | None,
    Header(description="ETags of the image; if it has none of them any more, the answer is 412."),
]

#: The same body under the media type that RFC 7396 names.
MERGE_PATCH: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/merge-patch+json": {"schema": {"$ref": "#/components/schemas/ImageUpdate"}}
        }
    }
}


class ImageListQuery(BaseModel):
    """The query parameters of a list of images."""

    tag: TagQuery = None
    path_prefix: PrefixQuery = None
    uri: Annotated[
        Annotated[str, Field(max_length=MAX_URI_BYTES)] | None,
        BLANK_IS_NONE,
        Query(description="Only the image with this uri, or whose file has this absolute path."),
    ] = None
    sha256: Annotated[
        Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None,
        BLANK_IS_NONE,
        Query(description="Only images whose file has this SHA-256."),
    ] = None
    filter: FilterQuery = None
    order: Annotated[
        Literal["id", "added_at", "-added_at", "taken_at", "-taken_at"],
        Query(
            description="`-added_at` is newest first; by `taken_at`, images without one come last."
        ),
    ] = "id"
    cursor: Cursor = None
    limit: Limit = 100


@router.get(
    "",
    summary="List the images",
    response_model_exclude_unset=True,
    responses=problem_responses(404, 422, 503),
)
def list_images(
    collection: CollectionPath,
    query: Annotated[ImageListQuery, Query()],
    images: ImagesDep,
    urls: UrlsDep,
) -> ImageList:
    """The images of a collection, page by page."""
    wanted = ImageFilter(
        tag=query.tag,
        path_prefix=query.path_prefix,
        uri=query.uri,
        sha256=query.sha256 and query.sha256.lower(),
        where=parse_filter(query.filter, "query", "filter"),
    )
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
    filter: FilterQuery = None,  # noqa: A002 - the contract's word
) -> Any:
    """Forget the images that a filter names, and those of their files that were uploaded.

    More than a thousand are forgotten by a job, whose `removed` counts them: 202. Without a filter
    nothing is forgotten: 422 `empty_filter`.
    """
    where = parse_filter(filter, "query", "filter")
    wanted = ImageFilter(tag=tag, path_prefix=path_prefix, where=where)
    done = deletion.matching(collection, wanted)
    if isinstance(done, int):
        return Deleted(deleted=done)
    headers = {"Location": urls.job(done.spec.id)}
    return JSONResponse(Job.of(done).model_dump(mode="json"), 202, headers)


@router.post(
    "/tags",
    summary="Change the tags of many images",
    responses=problem_responses(400, 404, 413, 422, 503),
)
def tag_images(collection: CollectionPath, body: TagsUpdate, bulk: BulkTagsDep) -> TagsChanged:
    """Add tags to the images of a filter, or of a list of ids, and remove others.

    One call changes 5,000 images at most, and says how many remain; the same call again goes on
    with those. Nothing is lost beside a load, as each image is locked while it is changed.
    """
    change = TagChange(body.add, body.remove)
    if body.ids is not None:
        done = bulk.change_all(collection, body.ids, change)
    else:
        done = bulk.change_matching(collection, body.filter or Filter(), change)
    return TagsChanged(changed=done.changed, remaining=done.remaining, missing=list(done.missing))


@router.get(
    "/{image}",
    summary="Show an image",
    response_model_exclude_unset=True,
    response_description="The image; `ETag` is for `If-Match`.",
    responses=problem_responses(404, 422, 503),
)
def get_image(
    collection: CollectionPath,
    image: ImagePath,
    images: ImagesDep,
    urls: UrlsDep,
    response: Response,
    with_vector: Annotated[bool, Query(description="Its vector, too.")] = False,
) -> Image:
    """What is known of an image."""
    if with_vector:
        row, vector, _ = images.get_stored(collection, image)
    else:
        row, vector = images.get(collection, image), None
    response.headers["ETag"] = etag(row.version)
    return Image.of(row, collection, urls, vector)


@router.patch(
    "/{image}",
    summary="Change an image's tags or metadata",
    response_model_exclude_unset=True,
    openapi_extra=MERGE_PATCH,
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
    """Change an image's tags, its metadata, or both, by a JSON merge patch (RFC 7396).

    What is left out stays as it is, and null removes; names of the metadata are changed one by one.
    Beside a whole list, `tags` may be `{"add": […], "remove": […]}`. With `If-Match`, only if
    nobody has changed the image since it was read: 412 otherwise.
    """
    row = labels.update(collection, image, body.change(), caching.if_match(if_match))
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
