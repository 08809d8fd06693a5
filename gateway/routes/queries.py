"""Queries by examples, many at once, and counts."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from gateway.dependencies import ImagesDep, QueriesDep, UrlsDep
from gateway.http.problems import Problem, internal_problem, problem_in_reply, problem_responses
from gateway.routes.parameters import CollectionPath
from gateway.schemas.fields import Input
from gateway.schemas.queries import MAX_QUERIES, Count, CountQuery, ImageQuery
from gateway.schemas.search import SearchReply
from gateway.schemas.urls import UrlBuilder
from gateway.services.example_queries import ExampleQueries
from shared.domain.image import ImageFilter
from shared.errors import LookalikeError
from shared.log import get_logger

_log = get_logger(__name__)

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["search"])

#: Queries of a batch that are under way together.
_AT_ONCE = 8


class QueryFailure(BaseModel):
    """A query of a batch that failed, alone."""

    error: Problem


class QueryBatch(Input):
    """Queries that are answered together."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"queries": [ImageQuery.model_config["json_schema_extra"]["example"]]}  # type: ignore[index]
        }
    )

    queries: Annotated[
        list[Annotated[Any, WithJsonSchema({"$ref": "#/components/schemas/ImageQuery"})]],
        Field(min_length=1, max_length=MAX_QUERIES),
    ]


class QueryBatchReply(BaseModel):
    results: list[SearchReply | QueryFailure] = Field(
        description="In the order of the queries: what each of them found, or why it failed."
    )


@router.post(
    "/query",
    summary="Search by examples",
    response_model_exclude_unset=True,
    responses=problem_responses(400, 403, 404, 409, 413, 422, 429, 503, 504),
)
async def query_images(
    collection: CollectionPath, body: ImageQuery, queries: QueriesDep, urls: UrlsDep
) -> SearchReply:
    """Find the images that are like the positive examples, and unlike the negative ones.

    An example is an image of the collection, a picture in base64 or by its address, or a vector; of
    all but the last a part by `crop`. Images that are examples are left out of the hits.
    """
    result = await queries.find(collection, body.query())
    return SearchReply.of(result, collection, urls)


@router.post(
    "/query/batch",
    summary="Search by many examples at once",
    response_model=QueryBatchReply,
    responses=problem_responses(400, 404, 413, 422, 503),
)
async def query_images_in_batch(
    collection: CollectionPath, body: QueryBatch, queries: QueriesDep, urls: UrlsDep
) -> Response:
    """Answer up to 100 queries; one that fails, or is not valid, fails alone."""
    await queries.require(collection)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def answer(place: int, given: Any) -> dict[str, Any]:
        async with slots:
            return await _answer(place, given, collection, queries, urls)

    answers = [answer(place, given) for place, given in enumerate(body.queries)]
    results = await asyncio.gather(*answers)
    # ASCII only: an error may quote lone surrogates, which UTF-8 cannot encode.
    return Response(json.dumps({"results": results}), media_type="application/json")


async def _answer(
    place: int, given: Any, collection: str, queries: ExampleQueries, urls: UrlBuilder
) -> dict[str, Any]:
    try:
        query = ImageQuery.model_validate(given).query()
        result = await queries.find(collection, query)
    except ValidationError as error:
        problem = problem_in_reply(error, "body", "queries", place)
    except LookalikeError as error:
        problem = problem_in_reply(error)
    except Exception:  # noqa: BLE001 - the other queries are answered
        _log.exception("query_failed", collection=collection, place=place)
        problem = internal_problem()
    else:
        reply = SearchReply.of(result, collection, urls)
        return reply.model_dump(mode="json", exclude_unset=True)
    return {"error": problem.model_dump(exclude_none=True)}


@router.post(
    "/count",
    summary="Count the images of a filter",
    responses=problem_responses(400, 404, 413, 422, 503),
)
def count_images(collection: CollectionPath, body: CountQuery, images: ImagesDep) -> Count:
    """How many images match a filter, exactly."""
    return Count(count=images.count(collection, ImageFilter(where=body.filter)))
