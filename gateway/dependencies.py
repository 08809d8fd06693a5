"""The services that handlers ask for, as `Depends` aliases."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from gateway.factory import Services
from gateway.files.originals import OriginalThreads
from gateway.files.thumbnails import Thumbnails
from gateway.http.access import ACCESS, Access, not_allowed
from gateway.http.key_ring import KeyRing
from gateway.http.permissions import RULES, UNKNOWN, Place
from gateway.metrics import Metrics
from gateway.schemas.urls import UrlBuilder
from gateway.services.all_job_events import AllJobEvents
from gateway.services.api_keys import ApiKeyService
from gateway.services.bulk_tags import BulkTags
from gateway.services.calibration import CalibrationService
from gateway.services.deletion import DeletionService
from gateway.services.duplicate_reports import DuplicateReportService
from gateway.services.duplicates import DuplicateService
from gateway.services.example_queries import ExampleQueries
from gateway.services.exports import ExportService
from gateway.services.job_events import JobEventStream
from gateway.services.labels import LabelService
from gateway.services.loads import LoadService
from gateway.services.queue_depths import QueueDepths
from gateway.services.readiness import ReadinessProbe
from gateway.services.reencoding import ReencodingService
from gateway.services.renaming import RenamingService
from gateway.services.search import SearchService
from gateway.services.standing_sources import StandingSourceService
from gateway.services.uploads import UploadService
from gateway.services.webhooks import WebhookService
from shared.ledger import Aliases, Jobs, Renamings, Workers
from shared.settings import Settings
from shared.sources import Files
from shared.store import Collections, Facets, Images

T = TypeVar("T")


# All of them are coroutines: FastAPI would run plain functions in its thread pool.
async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def _one(pick: Callable[[Services], T]) -> Callable[[Services], Awaitable[T]]:
    async def provide(services: Annotated[Services, Depends(_services)]) -> T:
        return pick(services)

    return provide


async def confirm_operation(request: Request) -> None:
    """Raise NotAllowed unless the request was let in for the very operation that it now reaches.

    Every route depends on it, since requests are let in before the router has seen them.
    """
    name: str = request.scope["route"].name
    rule = RULES.get(name, UNKNOWN)
    access: Access | None = request.scope.get(ACCESS)
    if rule.place is not Place.OPEN and (access is None or access.operation != name):
        raise not_allowed(rule.action, "this address")


async def _access(request: Request) -> Access:
    return cast("Access", request.scope[ACCESS])


async def _urls(request: Request, services: Annotated[Services, Depends(_services)]) -> UrlBuilder:
    access: Access | None = request.scope.get(ACCESS)
    return UrlBuilder(request, services.settings, access.sign if access else None)


SettingsDep = Annotated[Settings, Depends(_one(lambda s: s.settings))]
MetricsDep = Annotated[Metrics, Depends(_one(lambda s: s.metrics))]
AccessDep = Annotated[Access, Depends(_access)]
ApiKeysDep = Annotated[ApiKeyService, Depends(_one(lambda s: s.api_keys))]
KeyRingDep = Annotated[KeyRing, Depends(_one(lambda s: s.key_ring))]
AliasesDep = Annotated[Aliases, Depends(_one(lambda s: s.aliases))]
RenamingsDep = Annotated[Renamings, Depends(_one(lambda s: s.renamings))]
RenamingDep = Annotated[RenamingService, Depends(_one(lambda s: s.renaming))]
CalibrationDep = Annotated[CalibrationService, Depends(_one(lambda s: s.calibration))]
ReencodingDep = Annotated[ReencodingService, Depends(_one(lambda s: s.reencoding))]
CollectionsDep = Annotated[Collections, Depends(_one(lambda s: s.collections))]
ExportsDep = Annotated[ExportService, Depends(_one(lambda s: s.exports))]
FacetsDep = Annotated[Facets, Depends(_one(lambda s: s.facets))]
FilesDep = Annotated[Files, Depends(_one(lambda s: s.files))]
OriginalThreadsDep = Annotated[OriginalThreads, Depends(_one(lambda s: s.original_threads))]
LabelsDep = Annotated[LabelService, Depends(_one(lambda s: s.labels))]
ImagesDep = Annotated[Images, Depends(_one(lambda s: s.images))]
SearchesDep = Annotated[SearchService, Depends(_one(lambda s: s.searches))]
QueriesDep = Annotated[ExampleQueries, Depends(_one(lambda s: s.queries))]
BulkTagsDep = Annotated[BulkTags, Depends(_one(lambda s: s.bulk_tags))]
DeletionDep = Annotated[DeletionService, Depends(_one(lambda s: s.deletion))]
DuplicatesDep = Annotated[DuplicateService, Depends(_one(lambda s: s.duplicates))]
DuplicateReportsDep = Annotated[
    DuplicateReportService, Depends(_one(lambda s: s.duplicate_reports))
]
JobsDep = Annotated[Jobs, Depends(_one(lambda s: s.jobs))]
StandingSourcesDep = Annotated[StandingSourceService, Depends(_one(lambda s: s.standing_sources))]
LoadsDep = Annotated[LoadService, Depends(_one(lambda s: s.loads))]
UploadsDep = Annotated[UploadService, Depends(_one(lambda s: s.uploads))]
AllJobEventsDep = Annotated[AllJobEvents, Depends(_one(lambda s: s.all_job_events))]
JobEventsDep = Annotated[JobEventStream, Depends(_one(lambda s: s.job_events))]
WorkersDep = Annotated[Workers, Depends(_one(lambda s: s.workers))]
QueueDepthsDep = Annotated[QueueDepths, Depends(_one(lambda s: s.queue_depths))]
ThumbnailsDep = Annotated[Thumbnails, Depends(_one(lambda s: s.thumbnails))]
ReadinessDep = Annotated[ReadinessProbe, Depends(_one(lambda s: s.readiness))]
WebhooksDep = Annotated[WebhookService, Depends(_one(lambda s: s.webhooks))]
UrlsDep = Annotated[UrlBuilder, Depends(_urls)]
