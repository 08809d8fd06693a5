"""The composition root: every client is made, handed out and closed here."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Query, Request
from fastapi import Path as PathParameter
from pydantic import Field

from gateway.files.thumbnails import Thumbnails
from gateway.http.security import ApiKeys
from gateway.metrics import LedgerMetrics, Metrics
from gateway.schemas.fields import (
    BLANK_IS_NONE,
    EXAMPLE_ID,
    EXAMPLE_JOB_ID,
    CollectionName,
    ImageId,
    JobId,
)
from gateway.schemas.urls import UrlBuilder
from gateway.services.deletion import DeletionService
from gateway.services.job_events import JobEventStream
from gateway.services.loads import LoadService
from gateway.services.query_encoder import QueryEncoder
from gateway.services.readiness import Readiness
from gateway.services.search import SearchService
from gateway.services.uploads import UploadService
from shared.ledger import Events, Jobs, Stats, Workers
from shared.queue import Dispatcher, create_celery
from shared.redis import connect, connect_async
from shared.settings import Settings
from shared.store import Collections, Images, VectorSearch

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """Everything that the routes ask for."""

    settings: Settings
    api_keys: ApiKeys
    collections: Collections
    images: Images
    searches: SearchService
    deletion: DeletionService
    jobs: Jobs
    loads: LoadService
    uploads: UploadService
    job_events: JobEventStream
    workers: Workers
    dispatcher: Dispatcher
    thumbnails: Thumbnails
    readiness: Readiness


async def open_services(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Services:
    """Make every client; `stack` closes them. None is connected before it is first used."""
    redis = connect(settings)
    stack.callback(redis.close)
    async_redis = connect_async(settings)
    stack.push_async_callback(async_redis.aclose)
    celery = create_celery(settings)
    stack.callback(celery.close)
    collections, images, search = Collections(settings), Images(settings), VectorSearch(settings)
    stack.callback(collections.close)
    stack.callback(images.close)
    stack.push_async_callback(search.close)

    dispatcher = Dispatcher(celery, redis)
    jobs, workers = Jobs(redis, settings), Workers(redis, settings)
    readiness = Readiness(redis, workers, collections, settings.default_collection)
    stack.callback(readiness.close)
    metrics.watch(LedgerMetrics(Stats(redis), jobs, workers, dispatcher))
    encoder = QueryEncoder(settings, redis, async_redis, dispatcher)
    loads = LoadService(settings, redis, jobs, collections, dispatcher)
    return Services(
        settings=settings,
        api_keys=ApiKeys(settings.api_keys),
        collections=collections,
        images=images,
        searches=SearchService(collections, search, encoder, metrics),
        deletion=DeletionService(settings, collections, images, jobs),
        jobs=jobs,
        loads=loads,
        uploads=UploadService(settings, loads, jobs, images),
        job_events=JobEventStream(jobs, Events(redis)),
        workers=workers,
        dispatcher=dispatcher,
        thumbnails=Thumbnails(settings),
        readiness=readiness,
    )


# Coroutines all: FastAPI would take a thread for each plain function.
async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def _one(pick: Callable[[Services], T]) -> Callable[[Services], Awaitable[T]]:
    async def provide(services: Annotated[Services, Depends(_services)]) -> T:
        return pick(services)

    return provide


async def _urls(request: Request, services: Annotated[Services, Depends(_services)]) -> UrlBuilder:
    return UrlBuilder(request, services.settings)


async def _metrics(request: Request) -> Metrics:
    return cast("Metrics", request.app.state.metrics)


SettingsDep = Annotated[Settings, Depends(_one(lambda s: s.settings))]
ApiKeysDep = Annotated[ApiKeys, Depends(_one(lambda s: s.api_keys))]
CollectionsDep = Annotated[Collections, Depends(_one(lambda s: s.collections))]
ImagesDep = Annotated[Images, Depends(_one(lambda s: s.images))]
SearchesDep = Annotated[SearchService, Depends(_one(lambda s: s.searches))]
DeletionDep = Annotated[DeletionService, Depends(_one(lambda s: s.deletion))]
JobsDep = Annotated[Jobs, Depends(_one(lambda s: s.jobs))]
LoadsDep = Annotated[LoadService, Depends(_one(lambda s: s.loads))]
UploadsDep = Annotated[UploadService, Depends(_one(lambda s: s.uploads))]
JobEventsDep = Annotated[JobEventStream, Depends(_one(lambda s: s.job_events))]
WorkersDep = Annotated[Workers, Depends(_one(lambda s: s.workers))]
DispatcherDep = Annotated[Dispatcher, Depends(_one(lambda s: s.dispatcher))]
ThumbnailsDep = Annotated[Thumbnails, Depends(_one(lambda s: s.thumbnails))]
ReadinessDep = Annotated[Readiness, Depends(_one(lambda s: s.readiness))]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
UrlsDep = Annotated[UrlBuilder, Depends(_urls)]

CollectionPath = Annotated[
    CollectionName, PathParameter(description="A collection's name.", examples=["holidays"])
]
ImagePath = Annotated[ImageId, PathParameter(description="An image's id.", examples=[EXAMPLE_ID])]
JobPath = Annotated[JobId, PathParameter(description="A job's id.", examples=[EXAMPLE_JOB_ID])]
Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[
    Annotated[str, Field(max_length=2000)] | None,
    BLANK_IS_NONE,
    Query(description="`next_cursor` of the page before."),
]
