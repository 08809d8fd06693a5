"""Searches: by a picture, by a stored image, by a vector."""

from typing import IO, Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic.json_schema import SkipJsonSchema

from gateway.dependencies import SearchesDep, UrlsDep
from gateway.http.problems import invalid_field, problem_responses
from gateway.routes.parameters import CollectionPath, ImagePath
from gateway.schemas.fields import Address
from gateway.schemas.filters import parse_filter
from gateway.schemas.queries import CropFractions
from gateway.schemas.search import (
    Distinct,
    Expand,
    FilterTag,
    FilterText,
    MinMatch,
    MinScore,
    Offset,
    PathPrefix,
    Rerank,
    SearchQuery,
    SearchReply,
    TopK,
    VectorSearch,
)
from shared.domain.image import ImageFilter
from shared.domain.query import Crop, SearchParameters

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["search"])


async def _parameters(
    top_k: Annotated[TopK, Form()] = 10,
    offset: Annotated[Offset, Form()] = 0,
    min_score: Annotated[MinScore | None, Form()] = None,
    min_match: Annotated[MinMatch | None, Form()] = None,
    tag: Annotated[FilterTag | None, Form()] = None,
    path_prefix: Annotated[PathPrefix | None, Form()] = None,
    filter: Annotated[FilterText | None, Form()] = None,  # noqa: A002 - the contract's word
    distinct: Annotated[Distinct, Form()] = False,
    expand: Annotated[Expand, Form()] = 0,
    rerank: Annotated[Rerank, Form()] = "none",
) -> SearchParameters:
    where = parse_filter(filter, "body", "filter")
    return SearchParameters(
        top_k=top_k,
        offset=offset,
        min_score=min_score,
        min_match=min_match,
        filter=ImageFilter(tag=tag, path_prefix=path_prefix, where=where),
        distinct=distinct,
        expand=expand,
        rerank=rerank,
    )


async def _crop(
    crop: Annotated[
        str | None,
        Form(
            max_length=200,
            description="`x,y,width,height` of a part of the upright picture, in fractions of its "
            "width and height.",
            examples=["0.25,0.1,0.5,0.5"],
        ),
    ] = None,
) -> Crop | None:
    if crop is None:
        return None
    try:
        x, y, width, height = (float(part) for part in crop.split(","))
        return CropFractions(x=x, y=y, width=width, height=height).domain()
    except ValueError as error:
        message = "must be x,y,width,height: four fractions of a part inside the picture"
        raise invalid_field(message, "body", "crop") from error


async def _given(
    file: Annotated[
        UploadFile | SkipJsonSchema[None], File(description="The picture to search with.")
    ] = None,
    url: Annotated[
        Address | None, Form(description="Its address, instead of the picture itself.")
    ] = None,
) -> IO[bytes] | str:
    """The picture of a search: its bytes, or its address."""
    if (file is None) == (url is None):
        raise invalid_field("give either a file or a url", "body", "file")
    return file.file if file is not None else url or ""


@router.post(
    "/search",
    summary="Search by a picture",
    response_model_exclude_unset=True,
    responses=problem_responses(400, 404, 409, 413, 422, 429, 503, 504, 507),
)
async def search_images(
    collection: CollectionPath,
    picture: Annotated[IO[bytes] | str, Depends(_given)],
    parameters: Annotated[SearchParameters, Depends(_parameters)],
    crop: Annotated[Crop | None, Depends(_crop)],
    searches: SearchesDep,
    urls: UrlsDep,
) -> SearchReply:
    """Find the images that look most like a picture, or like a part of it.

    The picture comes with the request, or is fetched from the address that `url` names.
    """
    result = await searches.by_picture(collection, picture, parameters, crop)
    return SearchReply.of(result, collection, urls)


@router.get(
    "/images/{image}/similar",
    summary="Search by a stored image",
    response_model_exclude_unset=True,
    responses=problem_responses(404, 422, 503),
)
async def find_similar_images(
    collection: CollectionPath,
    image: ImagePath,
    query: SearchQuery,
    searches: SearchesDep,
    urls: UrlsDep,
) -> SearchReply:
    """Find the images that look most like one of the collection, itself left out."""
    result = await searches.by_image(collection, image, query.parameters())
    return SearchReply.of(result, collection, urls)


@router.post(
    "/search/vector",
    summary="Search by a vector",
    response_model_exclude_unset=True,
    responses=problem_responses(400, 404, 413, 422, 503),
)
async def search_by_vector(
    collection: CollectionPath, body: VectorSearch, searches: SearchesDep, urls: UrlsDep
) -> SearchReply:
    """Find the images nearest to 512 floats of the caller's own."""
    result = await searches.by_vector(collection, body.vector, body.parameters())
    return SearchReply.of(result, collection, urls)
