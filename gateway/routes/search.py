"""Searches: by a picture, by a stored image, by a vector."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile
from fastapi.exceptions import RequestValidationError

from gateway.dependencies import CollectionPath, ImagePath, SearchesDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.schemas.search import (
    FilterTag,
    MinScore,
    Offset,
    PathPrefix,
    SearchHit,
    SearchParameters,
    SearchQuery,
    SearchReply,
    TopK,
    VectorSearch,
)
from gateway.schemas.urls import UrlBuilder
from gateway.services.search import Found
from shared.domain.query import Crop

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["search"])

#: Room for the rounding of whoever computed a crop.
_ROUNDING = 1e-6


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
        inside = x + width <= 1 + _ROUNDING and y + height <= 1 + _ROUNDING
        if inside:
            return Crop(x=x, y=y, width=min(width, 1.0), height=min(height, 1.0))
    except ValueError:
        pass  # what follows says what is wanted
    message = "must be x,y,width,height: four fractions of a part inside the picture"
    raise RequestValidationError([{"loc": ("body", "crop"), "msg": message, "type": "value_error"}])


@router.post(
    "/search",
    summary="Search by a picture",
    responses=problem_responses(400, 404, 409, 413, 422, 429, 503, 504),
)
async def search_images(
    collection: CollectionPath,
    file: Annotated[UploadFile, File(description="The picture to find the likes of.")],
    crop: Annotated[Crop | None, Depends(_crop)],
    searches: SearchesDep,
    urls: UrlsDep,
    top_k: Annotated[TopK, Form()] = 10,
    offset: Annotated[Offset, Form()] = 0,
    min_score: Annotated[MinScore | None, Form()] = None,
    tag: Annotated[FilterTag | None, Form()] = None,
    path_prefix: Annotated[PathPrefix | None, Form()] = None,
) -> SearchReply:
    """Find the images that look most like a picture, or like a part of it."""
    parameters = SearchParameters(
        top_k=top_k, offset=offset, min_score=min_score, tag=tag, path_prefix=path_prefix
    )
    found = await searches.by_picture(collection, file.file, parameters, crop)
    return _reply(found, collection, urls)


@router.get(
    "/images/{image}/similar",
    summary="Search by a stored image",
    responses=problem_responses(404, 422, 503),
)
async def find_similar_images(
    collection: CollectionPath,
    image: ImagePath,
    parameters: SearchQuery,
    searches: SearchesDep,
    urls: UrlsDep,
) -> SearchReply:
    """Find the images that look most like one of the collection, itself left out."""
    return _reply(await searches.by_image(collection, image, parameters), collection, urls)


@router.post(
    "/search/vector",
    summary="Search by a vector",
    responses=problem_responses(400, 404, 413, 422, 503),
)
async def search_by_vector(
    collection: CollectionPath, body: VectorSearch, searches: SearchesDep, urls: UrlsDep
) -> SearchReply:
    """Find the images nearest to 512 floats of the caller's own."""
    return _reply(await searches.by_vector(collection, body.vector, body), collection, urls)


def _reply(found: Found, collection: str, urls: UrlBuilder) -> SearchReply:
    return SearchReply(
        hits=[SearchHit.of(hit, collection, urls) for hit in found.hits],
        encoder=found.encoder,
        took_ms=found.took,
    )
