"""What handlers ask for: services, and parameters that many routes have."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Query, Request
from fastapi import Path as PathParameter
from pydantic import Field

from gateway.factory import Services
from gateway.files.thumbnails import Thumbnails
from gateway.http.security import ApiKeys
from gateway.metrics import Metrics
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
from gateway.services.readiness import Readiness
from gateway.services.search import SearchService
from gateway.services.uploads import UploadService
from shared.ledger import Jobs, Workers
from shared.queue import Dispatcher
from shared.settings import Settings
from shared.store import Collections, Images

T = TypeVar("T")


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
