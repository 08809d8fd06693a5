"""Standing sources of a collection."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from gateway.dependencies import AccessDep, StandingSourcesDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.routes.loads import as_source
from gateway.routes.parameters import CollectionPath
from gateway.schemas.fields import HEX_ID, well_formed
from gateway.schemas.jobs import Job
from gateway.schemas.standing_sources import (
    StandingSource,
    StandingSourceChanges,
    StandingSourceInput,
    StandingSourceList,
)
from shared.ledger import source_not_found

router = APIRouter(prefix="/api/v2/collections/{collection}/sources", tags=["sources"])

SourcePath = Annotated[
    str, HEX_ID, AfterValidator(well_formed(source_not_found)), Path(description="The source's id.")
]


@router.get("", summary="List the standing sources", responses=problem_responses(404, 422, 503))
def list_sources(collection: CollectionPath, sources: StandingSourcesDep) -> StandingSourceList:
    """The sources that are kept with a collection, with their next run and their last job."""
    items = [StandingSource.of(state) for state in sources.list(collection)]
    return StandingSourceList(items=items, next_cursor=None)


@router.post(
    "",
    status_code=201,
    summary="Keep a source",
    response_description="The source; `Location` is its address.",
    responses=problem_responses(400, 404, 409, 413, 422, 503),
)
def create_source(
    collection: CollectionPath,
    body: StandingSourceInput,
    response: Response,
    sources: StandingSourcesDep,
    urls: UrlsDep,
    access: AccessDep,
) -> StandingSource:
    """Keep a source with a collection, to be loaded by a schedule, or on request.

    A run that is due while an earlier one is unfinished is left out; of several that were missed,
    as while no indexer ran, there is one. It is dropped with the collection.
    `sync` takes the permission to delete, too.
    """
    if body.sync:
        access.require(collection, "delete")
    state = sources.add(collection, as_source(body.source), body.options())
    response.headers["Location"] = urls.source(collection, state.source.id)
    return StandingSource.of(state)


@router.get(
    "/{source}", summary="Show a standing source", responses=problem_responses(404, 422, 503)
)
def get_source(
    collection: CollectionPath, source: SourcePath, sources: StandingSourcesDep
) -> StandingSource:
    """A source with its next run and its last job."""
    return StandingSource.of(sources.get(collection, source))


@router.patch(
    "/{source}",
    summary="Change a standing source",
    responses=problem_responses(400, 404, 413, 422, 503),
)
def update_source(
    collection: CollectionPath,
    source: SourcePath,
    body: StandingSourceChanges,
    sources: StandingSourcesDep,
    access: AccessDep,
) -> StandingSource:
    """Change when and how a source is loaded, or pause it. The source itself stays.

    What `sync` is set or left for takes the permission to delete, too; to pause it does not.
    """
    changes = body.changes()
    if body.sync or (_may_start_loads(changes) and sources.get(collection, source).source.sync):
        access.require(collection, "delete")
    return StandingSource.of(sources.change(collection, source, changes))


@router.delete(
    "/{source}",
    status_code=204,
    summary="Keep a source no longer",
    responses=problem_responses(404, 422, 503),
)
def delete_source(
    collection: CollectionPath, source: SourcePath, sources: StandingSourcesDep
) -> None:
    """Forget a standing source. Images that were loaded from it stay."""
    sources.remove(collection, source)


@router.post(
    "/{source}/jobs",
    status_code=202,
    summary="Load a standing source now",
    response_description="The queued job, or the unfinished one; `Location` is its address.",
    responses=problem_responses(404, 409, 422, 429, 503),
)
def run_source(
    collection: CollectionPath,
    source: SourcePath,
    response: Response,
    sources: StandingSourcesDep,
    urls: UrlsDep,
    access: AccessDep,
) -> Job:
    """Queue a load of a source, whether it is paused or not.

    Where the source has `sync` it takes the permission to delete, too.
    """
    if sources.get(collection, source).source.sync:
        access.require(collection, "delete")
    job = sources.run(collection, source)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)


def _may_start_loads(changes: Mapping[str, Any]) -> bool:
    """Whether a source that had `sync` may be loaded with it in consequence of changes."""
    pauses = changes.keys() <= {"paused"} and changes.get("paused", True)
    return not pauses and changes.get("sync", True)
