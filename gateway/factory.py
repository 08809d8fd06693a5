"""Every client and service is created and closed here."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.files.thumbnails import Thumbnails
from gateway.http.security import ApiKeys
from gateway.metrics import LedgerMetrics, Metrics
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
from shared.store import (
    AsyncMilvusConnection,
    Collections,
    Images,
    MilvusConnection,
    VectorSearch,
)


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
    """Create every client; `stack` closes them. None is connected before its first call."""
    redis = connect(settings)
    stack.callback(redis.close)
    async_redis = connect_async(settings)
    stack.push_async_callback(async_redis.aclose)
    celery = create_celery(settings)
    stack.callback(celery.close)
    milvus, async_milvus = MilvusConnection(settings), AsyncMilvusConnection(settings)
    stack.callback(milvus.close)
    stack.push_async_callback(async_milvus.close)

    collections, images = Collections(milvus, settings), Images(milvus)
    dispatcher = Dispatcher(celery)
    jobs, workers = Jobs(redis, settings), Workers(redis, settings)
    readiness = Readiness(redis, workers, collections, settings.default_collection)
    stack.callback(readiness.close)
    metrics.watch(LedgerMetrics(Stats(redis), jobs, workers, dispatcher))
    encoder = QueryEncoder(settings, redis, async_redis, dispatcher)
    loads = LoadService(settings, jobs, workers, collections, dispatcher)
    return Services(
        settings=settings,
        api_keys=ApiKeys(settings.api_keys),
        collections=collections,
        images=images,
        searches=SearchService(VectorSearch(async_milvus), encoder, metrics),
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
