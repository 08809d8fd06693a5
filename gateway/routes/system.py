"""The state of the system, and the folders that can be loaded."""

import platform
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from gateway import __version__
from gateway.dependencies import (
    AccessDep,
    FilesDep,
    JobsDep,
    OriginalThreadsDep,
    QueueDepthsDep,
    SettingsDep,
    WorkersDep,
)
from gateway.files.folders import FileSort
from gateway.files.folders import list_folders as entries_below
from gateway.files.prefixes import is_bucket, list_prefixes
from gateway.http.problems import problem_responses
from gateway.routes.parameters import Cursor, Limit
from gateway.routes.uploads import MAX_FILES
from gateway.schemas.fields import BLANK_IS_NONE
from gateway.schemas.search import MAX_TOP_K
from gateway.schemas.system import Folder, FolderList, Limits, PictureFormat, System, Worker
from shared.domain.fingerprint import fingerprint
from shared.domain.image import MAX_TAGS
from shared.files.formats import FORMATS
from shared.queue import ENCODE

router = APIRouter(prefix="/api/v2", tags=["system"])

_PACKAGES = ("fastapi", "celery", "redis", "pymilvus")


@router.get("/system", summary="Show the system", responses=problem_responses(503))
def get_system(
    settings: SettingsDep,
    workers: WorkersDep,
    queue_depths: QueueDepthsDep,
    jobs: JobsDep,
    access: AccessDep,
) -> System:
    """The running encoder, the workers, the queues, and the limits for clients.

    What can be loaded from is for those who may load.
    """
    loads = access.principal.may_somewhere("write")
    weights = next(iter(workers.encoder_weights(ENCODE)), None)
    return System(
        encoder=fingerprint(weights, settings.pooling) if weights else None,
        weights=weights,
        untrained=bool(weights and weights.startswith("untrained")),
        pooling=settings.pooling,
        default_collection=settings.default_collection,
        workers=[Worker.of(worker) for worker in workers.list_alive()],
        queues=queue_depths.read(),
        jobs_active=jobs.count_active(),
        image_roots=[str(root) for root in settings.image_roots if loads],
        bucket_roots=[root for root in settings.bucket_roots if loads],
        limits=Limits(
            max_upload_mb=settings.max_upload_mb,
            max_upload_files=MAX_FILES,
            max_pixels=settings.max_pixels,
            max_top_k=MAX_TOP_K,
            max_tags=MAX_TAGS,
            queue_limit=settings.queue_limit,
        ),
        formats=[PictureFormat.of(name) for name in FORMATS],
        versions={
            "lookalike": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
    )


@router.get("/folders", summary="List folders to load", responses=problem_responses(403, 422, 503))
async def list_folders(
    settings: SettingsDep,
    stored: FilesDep,
    threads: OriginalThreadsDep,
    path: Annotated[
        Annotated[str, Field(max_length=4096)] | None,
        BLANK_IS_NONE,
        Query(
            description="A directory, or a bucket or a prefix in it (`s3://photos/2024`); without "
            "it, the image roots."
        ),
    ] = None,
    files: Annotated[
        FileSort | None,
        BLANK_IS_NONE,
        Query(
            description="List the files of this sort too, as their names tell: archives, or lists "
            "of addresses."
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> FolderList:
    """The image roots, or the sub-folders of one folder under them, by name.

    With `files` also what else a load can name there: archives, or lists of addresses. Of a bucket,
    its folders; a page of them may be short, or empty, though others follow.
    """
    if path is not None and is_bucket(path):
        prefixes, next_cursor = await threads.run(
            path, list_prefixes, path, cursor, limit, settings.bucket_roots, stored
        )
        return FolderList(
            items=[Folder.of_prefix(each) for each in prefixes], next_cursor=next_cursor
        )
    found, next_cursor = await run_in_threadpool(
        entries_below, path, cursor, limit, settings, files=files
    )
    return FolderList(items=[Folder.of(*entry) for entry in found], next_cursor=next_cursor)
