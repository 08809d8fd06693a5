"""Creates and closes every client and service of the gateway."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from gateway.files.originals import OriginalThreads
from gateway.files.thumbnails import Thumbnails
from gateway.http.key_ring import KeyRing
from gateway.http.rate_limits import RateLimits
from gateway.http.security import ApiKeys
from gateway.metrics import LedgerMetrics, Metrics
from gateway.services.all_job_events import AllJobEvents
from gateway.services.api_keys import ApiKeyService
from gateway.services.bulk_tags import BulkTags
from gateway.services.calibration import CalibrationService
from gateway.services.deletion import DeletionService, Ledger, Store
from gateway.services.duplicate_reports import DuplicateReportService
from gateway.services.duplicates import DuplicateService
from gateway.services.example_queries import ExampleQueries
from gateway.services.exports import ExportService
from gateway.services.fetched_pictures import FetchedPictures
from gateway.services.job_events import JobEventStream
from gateway.services.labels import LabelService
from gateway.services.loads import LoadService
from gateway.services.query_encoder import QueryEncoder
from gateway.services.queue_depths import QueueDepths
from gateway.services.readiness import ReadinessProbe
from gateway.services.reencoding import ReencodingService
from gateway.services.region_sweep import RegionSweep
from gateway.services.renaming import RenamingService
from gateway.services.search import SearchService
from gateway.services.standing_sources import StandingSourceService
from gateway.services.upkeep import Upkeep
from gateway.services.upload_sweep import UploadSweep
from gateway.services.uploads import Searchable, UploadService
from gateway.services.webhooks import WebhookService
from shared.fetch.fetcher import Fetcher
from shared.fetch.poster import Poster
from shared.ledger import (
    Aliases,
    AsyncApiKeys,
    AsyncEvents,
    Calibrations,
    Drops,
    DuplicateGroups,
    DuplicateReports,
    Events,
    JobChanges,
    Jobs,
    Queries,
    Renamings,
    RepeatableCalls,
    RowLocks,
    StandingSources,
    Stats,
    UploadFiles,
    Webhooks,
    Workers,
    require_noeviction,
)
from shared.ledger import ApiKeys as StoredKeys
from shared.queue import Dispatcher, create_celery
from shared.redis import connect, connect_async
from shared.settings import Settings
from shared.sources import Files
from shared.store import (
    AsyncMilvusConnection,
    Collections,
    Editions,
    Facets,
    Images,
    ImageWriter,
    MilvusConnection,
    RefinedSearch,
    Regions,
)


@dataclass(frozen=True)
class Services:
    """Everything that the routes use."""

    settings: Settings
    metrics: Metrics
    key_ring: KeyRing
    api_keys: ApiKeyService
    repeatable_calls: RepeatableCalls
    aliases: Aliases
    renamings: Renamings
    renaming: RenamingService
    collections: Collections
    images: Images
    facets: Facets
    labels: LabelService
    bulk_tags: BulkTags
    searches: SearchService
    queries: ExampleQueries
    calibration: CalibrationService
    reencoding: ReencodingService
    deletion: DeletionService
    exports: ExportService
    duplicates: DuplicateService
    duplicate_reports: DuplicateReportService
    jobs: Jobs
    loads: LoadService
    standing_sources: StandingSourceService
    uploads: UploadService
    job_events: JobEventStream
    all_job_events: AllJobEvents
    webhooks: WebhookService
    workers: Workers
    queue_depths: QueueDepths
    files: Files
    original_threads: OriginalThreads
    thumbnails: Thumbnails
    readiness: ReadinessProbe


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """All services, until the context ends. Starts without stores, too.

    Raises EvictionEnabled.
    """
    async with AsyncExitStack() as stack:
        redis = connect(settings)
        stack.callback(redis.close)
        await to_thread.run_sync(require_noeviction, redis)
        async_redis = connect_async(settings)
        stack.push_async_callback(async_redis.aclose)
        # Of its own, as it does not wait for a Redis that is away.
        alias_redis = connect_async(settings, retries=0)
        stack.push_async_callback(alias_redis.aclose)
        celery = create_celery(settings)
        stack.callback(celery.close)
        milvus, async_milvus = MilvusConnection(settings), AsyncMilvusConnection(settings)
        stack.callback(milvus.close)
        stack.push_async_callback(async_milvus.close)

        collections, images = Collections(milvus, settings), Images(milvus)
        metrics, dispatcher = Metrics(), Dispatcher(celery)
        store, row_locks = Store(collections, images, ImageWriter(milvus)), RowLocks(redis)
        jobs, workers = Jobs(redis, settings), Workers(redis, settings)
        queries, search = Queries(redis), RefinedSearch(async_milvus)
        queue_depths = QueueDepths(dispatcher, queries, workers)
        webhooks = Webhooks(redis)
        metrics.watch(LedgerMetrics(Stats(redis), jobs, workers, queue_depths.read, webhooks))
        readiness = ReadinessProbe(redis, workers, collections, settings.default_collection)
        stack.callback(readiness.close)
        files = stack.enter_context(Files(settings, serving=True))
        original_threads = OriginalThreads(files)
        thumbnails = Thumbnails(settings)
        stack.callback(thumbnails.close)
        encoder = QueryEncoder(settings, async_redis, queries, workers)
        fetcher = Fetcher(settings)
        stack.callback(fetcher.close)
        fetched = FetchedPictures(settings, fetcher)
        stack.callback(fetched.close)
        poster = Poster(settings)
        stack.callback(poster.close)
        sources, renamings = StandingSources(redis), Renamings(redis)
        loads = LoadService(settings, jobs, workers, collections, dispatcher, renamings)
        deletion = DeletionService(
            settings, store, Ledger(jobs, row_locks, Drops(redis), renamings, sources), loads
        )
        renaming = RenamingService(settings, collections, jobs, renamings)
        searchable = Searchable(collections, images, Regions(milvus))
        sweep = UploadSweep(settings, collections, images, UploadFiles(redis, jobs), row_locks)
        upkeep = Upkeep(
            deletion,
            renaming,
            sweep,
            RegionSweep(collections, images, searchable.regions, row_locks),
        )
        upkeep.start()
        stack.callback(upkeep.stop)
        key_ring = KeyRing(
            ApiKeys(settings.api_keys),
            AsyncApiKeys(async_redis),
            RateLimits.in_redis(async_redis),
        )
        yield Services(
            settings=settings,
            metrics=metrics,
            key_ring=key_ring,
            api_keys=ApiKeyService(
                StoredKeys(redis), key_ring.forget, keep_last=not settings.api_keys
            ),
            repeatable_calls=RepeatableCalls(async_redis),
            aliases=Aliases(alias_redis),
            renamings=renamings,
            renaming=renaming,
            collections=collections,
            images=images,
            facets=Facets(milvus),
            labels=LabelService(images, row_locks),
            bulk_tags=BulkTags(collections, images, store.writer, row_locks),
            searches=SearchService(search, encoder, fetched, metrics),
            queries=ExampleQueries(
                files, original_threads, search, images, encoder, fetched, metrics
            ),
            calibration=CalibrationService(collections, Calibrations(redis), loads),
            reencoding=ReencodingService(
                collections, Editions(milvus, collections), jobs, row_locks, loads
            ),
            deletion=deletion,
            exports=ExportService(settings, collections, jobs, workers, loads),
            duplicates=DuplicateService(
                collections, images, DuplicateGroups(redis), deletion, loads
            ),
            duplicate_reports=DuplicateReportService(jobs, DuplicateReports(redis), images),
            jobs=jobs,
            loads=loads,
            standing_sources=StandingSourceService(sources, jobs, collections, loads),
            uploads=UploadService(
                settings, loads, jobs, AsyncEvents(async_redis), searchable, row_locks
            ),
            job_events=JobEventStream(jobs, Events(redis)),
            all_job_events=AllJobEvents(jobs, JobChanges(redis)),
            webhooks=WebhookService(webhooks, jobs, poster),
            workers=workers,
            queue_depths=queue_depths,
            files=files,
            original_threads=original_threads,
            thumbnails=thumbnails,
            readiness=readiness,
        )
