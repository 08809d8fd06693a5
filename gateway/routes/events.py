"""The events of all jobs."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from gateway.dependencies import AccessDep, AliasesDep, AllJobEventsDep
from gateway.http.access import OF_ALIAS
from gateway.http.problems import problem_responses
from gateway.schemas.fields import BLANK_IS_NONE, CollectionName
from gateway.schemas.jobs import Job
from gateway.services.all_job_events import AnyJobEvent

router = APIRouter(prefix="/api/v2", tags=["jobs"])

_RETRY_MS = 1000
_EXAMPLE = (
    'event: progress\nid: 1767225600000-4\ndata: {"id": "0f6f…", "collection": "holidays", …}\n\n'
    'event: end\nid: 1767225601250-0\ndata: {"id": "0f6f…", "status": "done", …}\n\n'
)


async def _events_to_follow(
    all_job_events: AllJobEventsDep,
    access: AccessDep,
    aliases: AliasesDep,
    collection: Annotated[
        CollectionName | None, BLANK_IS_NONE, Query(description="Only of its jobs.")
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=64,
            description="The id of the last event that was received; browsers send it themselves.",
        ),
    ] = None,
) -> AsyncIterator[AnyJobEvent]:
    if collection is not None:
        access.require(collection)
        collection = await aliases.resolve(collection)
        access.require(collection, called=OF_ALIAS)
    # Checked in a dependency, as the answer cannot be an error once the stream has begun.
    await run_in_threadpool(all_job_events.check, last_event_id)
    shows = access.shows if collection is None else collection.__eq__
    return all_job_events.follow(last_event_id, shows)


@router.get(
    "/events",
    summary="Follow all jobs",
    response_class=EventSourceResponse,
    response_description="`progress` and `end` (a job), and `reset`.",
    responses={
        200: {"content": {"text/event-stream": {"example": _EXAMPLE}}},
        **problem_responses(422, 429, 503),
    },
)
async def stream_events(
    events: Annotated[AsyncIterator[AnyJobEvent], Depends(_events_to_follow)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-Sent Events of all jobs, from now on or after Last-Event-ID, without an end.

    Only jobs of collections that the key may read are told of.

    Begins with the unfinished jobs as `progress`; then gives `progress` whenever a job has changed,
    at most four times a second, and `end` once for each that has ended. The ledger keeps the last
    10,000 changes: a client that comes back later is sent `reset`, and should list the jobs.
    During an outage of Redis it sends comments and continues afterwards.
    """
    yield ServerSentEvent(comment="the jobs, as they change", retry=_RETRY_MS)
    async for event in events:
        yield _to_sse(event)


def _to_sse(event: AnyJobEvent) -> ServerSentEvent:
    if event.job is not None:
        return ServerSentEvent(event=event.kind, id=event.id, data=Job.of(event.job))
    if event.kind == "outage":
        return ServerSentEvent(comment="Redis is away; this stream goes on when it is back")
    if event.kind == "reset":
        return ServerSentEvent(event="reset", data={})
    # An id without data is kept by clients, and is no event to them.
    return ServerSentEvent(id=event.id)
