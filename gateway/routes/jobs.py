"""Jobs: start a load, show, cancel, pause, resume, retry and follow it."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from gateway.dependencies import AccessDep, AliasesDep, JobEventsDep, JobsDep, LoadsDep, UrlsDep
from gateway.http.accepted_types import prefers_csv
from gateway.http.access import OF_ALIAS
from gateway.http.problems import problem_responses
from gateway.routes.loads import start_load
from gateway.routes.parameters import CollectionPath, Cursor, JobPath, Limit
from gateway.schemas.fields import BLANK_IS_NONE, CollectionName
from gateway.schemas.jobs import Failure, FailureList, Job, JobList, LoadInput
from gateway.services.failures_csv import failures_csv
from gateway.services.job_events import JobEvent
from gateway.services.loads import LoadOptions
from gateway.services.shown_jobs import list_shown
from shared.domain import job as domain
from shared.domain.job import JobStatus

router = APIRouter(prefix="/api/v2", tags=["jobs"])

_LAST_EVENT_ID = Header(
    alias="Last-Event-ID",
    max_length=64,
    description="The id of the last event that was received; browsers send it by themselves.",
)
#: Milliseconds after which browsers reconnect when the connection is lost.
_RETRY_MS = 1000
_EVENTS_EXAMPLE = (
    'event: progress\nid: 3\ndata: {"id": "0f6f…", "done": 800, "total": 1200, …}\n\n'
    'event: failure\nid: 4\ndata: {"uri": "file:///photos/broken.jpg", '
    '"code": "truncated", …}\n\n'
    'event: end\nid: 4-end\ndata: {"id": "0f6f…", "status": "done", …}\n\n'
)


@router.post(
    "/collections/{collection}/jobs",
    status_code=202,
    summary="Load pictures",
    response_description="The queued job; `Location` is its address.",
    responses=problem_responses(400, 409, 413, 422, 429, 503),
)
def create_job(
    collection: CollectionPath,
    body: LoadInput,
    response: Response,
    loads: LoadsDep,
    urls: UrlsDep,
    access: AccessDep,
) -> Job:
    """Queue a load of the pictures in a directory, an archive or a bucket, or at addresses.

    Files that are known and unchanged are not read again, and files that were renamed or moved
    are not encoded again. An unknown collection is created with the server's defaults. If the
    encoder is not running now, the job waits for it. `sync` takes the permission to delete, too.
    """
    if body.sync:
        access.require(collection, "delete")
    options = LoadOptions(
        on_duplicate=body.on_duplicate,
        sync=body.sync,
        allow_mass_removal=body.allow_mass_removal,
        report_duplicates=body.report_duplicates,
        tags=tuple(body.tags),
        metadata=body.metadata,
    )
    job = start_load(loads, collection, body.source, options)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)


async def _of_collection(
    aliases: AliasesDep,
    access: AccessDep,
    collection: Annotated[
        CollectionName | None, BLANK_IS_NONE, Query(description="Only of this one.")
    ] = None,
) -> str | None:
    if not collection:
        return None
    access.require(collection)
    found = await aliases.resolve(collection)
    access.require(found, called=OF_ALIAS)
    return found


@router.get("/jobs", summary="List the jobs", responses=problem_responses(422, 503))
def list_jobs(
    jobs: JobsDep,
    access: AccessDep,
    collection: Annotated[str | None, Depends(_of_collection)],
    status: Annotated[
        JobStatus | None, BLANK_IS_NONE, Query(description="Only in this state.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> JobList:
    """All jobs that the ledger still keeps, newest first; of collections that the key may read.

    With such a key a page may have fewer than `limit`; as long as there is a `next_cursor`, there
    are more.
    """
    if collection is not None or access.shows_all:
        found, next_cursor = jobs.list(collection, status, cursor, limit)
    else:
        found, next_cursor = list_shown(jobs, access.shows, status, cursor, limit)
    return JobList(items=[Job.of(job) for job in found], next_cursor=next_cursor)


@router.get("/jobs/{job}", summary="Show a job", responses=problem_responses(404, 422, 503))
def get_job(job: JobPath, jobs: JobsDep) -> Job:
    """A job's state and counts as of now."""
    return Job.of(jobs.get(job))


async def _events_to_follow(
    job: JobPath,
    job_events: JobEventsDep,
    last_event_id: Annotated[str | None, _LAST_EVENT_ID] = None,
) -> AsyncIterator[JobEvent]:
    # Checked in a dependency, as the answer cannot be an error once the stream has begun.
    if not await run_in_threadpool(job_events.has_more, job, last_event_id):
        # Browsers do not reconnect after a 204.
        raise HTTPException(204)
    return job_events.follow(job, last_event_id)


@router.get(
    "/jobs/{job}/events",
    summary="Follow a job",
    response_class=EventSourceResponse,
    response_description="`progress` (the job), `failure` (one file) and `end` (the job).",
    responses={
        200: {"content": {"text/event-stream": {"example": _EVENTS_EXAMPLE}}},
        204: {"description": "The job has ended, and Last-Event-ID was its last event."},
        **problem_responses(404, 422, 503),
    },
)
async def stream_job_events(
    events: Annotated[AsyncIterator[JobEvent], Depends(_events_to_follow)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-Sent Events of a job, from its beginning or after Last-Event-ID.

    Begins with its state now, gives `progress` at most four times a second, every `failure` once,
    and closes after `end`. During an outage of Redis it sends comments and continues afterwards.
    """
    async for event in events:
        yield _to_sse(event)


@router.get(
    "/jobs/{job}/failures",
    summary="List a job's failures",
    response_model=FailureList,
    responses={
        200: {
            "description": "JSON by the page; CSV as a whole, when Accept prefers text/csv.",
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "uri,code,reason,attempts\r\n"
                    "file:///photos/broken.jpg,truncated,The file ends too early.,1\r\n",
                }
            },
        },
        **problem_responses(404, 422, 503),
    },
)
def list_job_failures(
    job: JobPath,
    jobs: JobsDep,
    accept: Annotated[str, Header(include_in_schema=False)] = "application/json",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Any:
    """The files that could not be indexed, in the order they were met, each with its reason."""
    if prefers_csv(accept):
        return StreamingResponse(
            failures_csv(jobs, job),
            media_type="text/csv",
            headers={
                "Content-Disposition": f'attachment; filename="failures-{job}.csv"',
                "Vary": "Accept",
            },
        )
    jobs.get(job)
    page, next_cursor = jobs.failures(job, cursor, limit)
    return FailureList(items=[Failure.of(failure) for failure in page], next_cursor=next_cursor)


@router.post(
    "/jobs/{job}/cancel", summary="Cancel a job", responses=problem_responses(404, 422, 503)
)
def cancel_job(job: JobPath, jobs: JobsDep) -> Job:
    """End a job; what is indexed stays. A job that has ended stays as it is."""
    return Job.of(jobs.cancel(job))


@router.post("/jobs/{job}/pause", summary="Pause a job", responses=problem_responses(404, 422, 503))
def pause_job(job: JobPath, jobs: JobsDep) -> Job:
    """Hand out no more of a job until it is resumed. A job that has ended stays as it is."""
    return Job.of(jobs.pause(job))


@router.post(
    "/jobs/{job}/resume", summary="Resume a job", responses=problem_responses(404, 422, 503)
)
def resume_job(job: JobPath, jobs: JobsDep) -> Job:
    """Continue a paused job; any other stays as it is."""
    return Job.of(jobs.resume(job))


@router.post(
    "/jobs/{job}/retry",
    status_code=202,
    summary="Retry a job's failures",
    response_description="The new job, which names the old one; `Location` is its address.",
    responses=problem_responses(404, 409, 422, 429, 503),
)
def retry_job(job: JobPath, response: Response, loads: LoadsDep, urls: UrlsDep) -> Job:
    """Queue the failed files of a job again, as a new job.

    While a retry of this job is unfinished, asking again answers that one. Where nothing has
    failed there is nothing to do: 409 `nothing_to_retry`.
    """
    retry = loads.retry(job)
    response.headers["Location"] = urls.job(retry.spec.id)
    return Job.of(retry)


def _to_sse(event: JobEvent) -> ServerSentEvent:
    match event.data:
        case domain.Job() as job:
            data: Job | Failure = Job.of(job)
        case domain.Failure() as failure:
            data = Failure.of(failure)
        case None:
            return ServerSentEvent(comment="Redis is away; this stream goes on when it is back")
    # The first event alone has no id, and tells the client when to reconnect.
    retry = _RETRY_MS if event.id is None else None
    return ServerSentEvent(event=event.kind, id=event.id, data=data, retry=retry)
