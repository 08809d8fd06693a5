"""v1: the five calls of the article, and its pictures, so that its clients work unchanged."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, PlainTextResponse

from gateway.dependencies import (
    AccessDep,
    AliasesDep,
    CollectionsDep,
    DeletionDep,
    FilesDep,
    ImagesDep,
    JobsDep,
    LoadsDep,
    OriginalThreadsDep,
    SearchesDep,
    SettingsDep,
    UrlsDep,
)
from gateway.http.access import OF_ALIAS
from gateway.http.problems import invalid_field, problem_responses
from gateway.routes.article_parameters import Parameters, article_parameters, documented
from gateway.routes.content import CONTENT_REPLIES, picture_response
from gateway.schemas.fields import CollectionName, ImageId
from gateway.services.loads import LoadOptions
from shared.domain.image import ImageRow
from shared.domain.job import DirectorySource, Job
from shared.domain.query import SearchParameters
from shared.errors import NotFound, image_not_found
from shared.store import Collections, Images

router = APIRouter(tags=["article"])

ParametersDep = Annotated[Parameters, Depends(article_parameters)]


async def _tables(
    collections: CollectionsDep,
    settings: SettingsDep,
    access: AccessDep,
    aliases: AliasesDep,
    Table: CollectionName | None = None,  # noqa: N803 - the article's spelling
) -> Iterable[str]:
    """The collections to look in: `Table`, or the default one and all others, of those shown."""
    if Table:
        access.require(Table)
        found = await aliases.resolve(Table)
        access.require(found, called=OF_ALIAS)
        return [found]
    return filter(access.shows, _all_tables(collections, settings.default_collection))


def _text_reply(example: str) -> dict[int | str, dict[str, object]]:
    schema = {"schema": {"type": "string"}, "example": example}
    return {200: {"description": "Plain text.", "content": {"text/plain": schema}}}


@router.post(
    "/api/v1/train",
    summary="Load a directory (v1)",
    response_class=PlainTextResponse,
    responses={**_text_reply("Start"), **problem_responses(400, 409, 413, 422, 429, 503, 507)},
    openapi_extra=documented("Table", "File"),
)
async def article_train(parameters: ParametersDep, loads: LoadsDep) -> str:
    """Queue a load of the directory `File`; answers `Start`."""
    if not parameters.directory:
        raise invalid_field("must name a directory under an image root", "File")
    await run_in_threadpool(
        loads.load, parameters.table, DirectorySource(path=parameters.directory), LoadOptions()
    )
    return "Start"


@router.get(
    "/api/v1/process",
    summary="Show the newest load's progress (v1)",
    response_class=PlainTextResponse,
    responses={**_text_reply("current: 800, total: 1200"), **problem_responses(503)},
)
def article_process(jobs: JobsDep, access: AccessDep) -> str:
    """`current: N, total: M` of the newest load of a directory; N is M only once it has ended."""
    current, total = _progress(jobs.newest_of_directory(access.shows))
    return f"current: {current}, total: {total}"


@router.post(
    "/api/v1/count",
    summary="Count the images (v1)",
    response_class=PlainTextResponse,
    responses={**_text_reply("4711"), **problem_responses(400, 413, 422, 503, 507)},
    openapi_extra=documented("Table"),
)
async def article_count(parameters: ParametersDep, collections: CollectionsDep) -> str:
    """How many images there are in `Table`; 0 where there is no such table."""
    try:
        return str(await run_in_threadpool(collections.count, parameters.table))
    except NotFound:
        return "0"


@router.post(
    "/api/v1/search",
    summary="Search by a picture (v1)",
    responses={
        200: {
            "description": "Pairs of address and distance, nearest first.",
            "content": {
                "application/json": {
                    "example": [
                        ["http://127.0.0.1:8000/data/5e884898da28047151d0e56f8dc62927.jpg", 0.2319]
                    ]
                }
            },
        },
        **problem_responses(400, 404, 409, 413, 422, 429, 503, 504, 507),
    },
    openapi_extra=documented("Table", "Num", picture=True),
)
async def article_search(
    parameters: ParametersDep, searches: SearchesDep, urls: UrlsDep
) -> list[tuple[str, float]]:
    """The `Num` images of `Table` nearest to a picture, as `[[url, distance], …]`."""
    if parameters.picture is None:
        raise invalid_field("must be a picture, sent as multipart/form-data", "file")
    table, wanted = parameters.table, SearchParameters(top_k=parameters.num)
    found = await searches.by_picture(table, parameters.picture.file, wanted)
    return [(urls.article(table, hit.row), hit.distance) for hit in found.hits]


@router.post(
    "/api/v1/delete",
    summary="Drop a table (v1)",
    response_class=PlainTextResponse,
    responses={**_text_reply("Deleted"), **problem_responses(400, 409, 413, 422, 503, 507)},
    openapi_extra=documented("Table"),
)
async def article_delete(parameters: ParametersDep, deletion: DeletionDep) -> str:
    """Drop `Table`; one that is not there is no error."""
    # A table that does not exist is already as the client wants it.
    with contextlib.suppress(NotFound):
        await run_in_threadpool(deletion.collection, parameters.name)
    return "Deleted"


@router.get(
    "/data/{image}.{ext}",
    summary="Get an image's bytes (v1)",
    response_class=FileResponse,
    responses=CONTENT_REPLIES,
)
@router.head("/data/{image}.{ext}", include_in_schema=False)
async def article_data(
    image: ImageId,
    ext: str,
    request: Request,
    images: ImagesDep,
    files: FilesDep,
    threads: OriginalThreadsDep,
    tables: Annotated[Iterable[str], Depends(_tables)],
) -> Response:
    """The bytes that a search's address names; without `Table`, from whichever has the image."""
    found = await run_in_threadpool(_find, images, tables, image)
    if found is None:
        raise image_not_found(f"{image}.{ext}")
    table, row = found
    return await threads.run(row.uri, picture_response, row, table, files, request.headers, None)


def _progress(job: Job | None) -> tuple[int, int]:
    if job is None:
        return 0, 0
    if job.finished:
        # Also for a cancelled load, which has done < total: clients poll until N is M.
        return job.done, job.done
    return job.done, max(job.total, job.done + 1)


def _all_tables(collections: Collections, default: str) -> Iterator[str]:
    yield default  # the likeliest
    yield from (name for name in collections.names() if name != default)


def _find(images: Images, tables: Iterable[str], image_id: str) -> tuple[str, ImageRow] | None:
    """The first table that has an image, and its row."""
    for table in tables:
        with contextlib.suppress(NotFound):
            return table, images.get(table, image_id)
    return None
