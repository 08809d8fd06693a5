"""Collections: list, create, show, drop."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from gateway.dependencies import (
    AccessDep,
    CollectionsDep,
    DeletionDep,
    ExportsDep,
    RenamingDep,
    RenamingsDep,
    SettingsDep,
    UrlsDep,
    WorkersDep,
)
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor, GivenPath, Limit
from gateway.schemas.collections import (
    Collection,
    CollectionChanges,
    CollectionInput,
    CollectionList,
    DescriptorInput,
)
from gateway.schemas.jobs import Job
from gateway.services.encoders import choose_weights
from gateway.services.exports import NewCollection
from shared import cursors
from shared.domain.collection import CollectionInfo, IndexSpec
from shared.errors import Conflict, NotFound, Unavailable
from shared.ledger import Renamings
from shared.store import Collections

#: Threads that count the images of collections for one list.
_COUNTERS = 8

router = APIRouter(prefix="/api/v2/collections", tags=["collections"])


@router.get("", summary="List the collections", responses=problem_responses(422, 503))
def list_collections(
    collections: CollectionsDep,
    renamings: RenamingsDep,
    access: AccessDep,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CollectionList:
    """All collections, by name; those that the key may read."""
    aliases = _aliases(renamings)
    after = cursors.decode(cursor, str)[0] if cursor else ""
    names = sorted(name for name in collections.names() if name > after and access.shows(name))
    return CollectionList(
        items=[
            Collection.of(info, aliases.get(info.name, ()))
            for info in _existing(collections, names[:limit])
        ],
        next_cursor=cursors.encode(names[limit - 1]) if len(names) > limit else None,
    )


@router.post(
    "",
    status_code=201,
    summary="Create a collection",
    response_description="The new collection; `Location` is its address.",
    response_model=Collection,
    responses={
        202: {
            "model": Job,
            "description": "With `from_export`: the job that fills it; `Location` is its address.",
        },
        **problem_responses(400, 404, 409, 413, 422, 429, 503, 507),
    },
)
def create_collection(
    body: CollectionInput,
    response: Response,
    collections: CollectionsDep,
    exports: ExportsDep,
    renamings: RenamingsDep,
    workers: WorkersDep,
    settings: SettingsDep,
    urls: UrlsDep,
    access: AccessDep,
) -> Any:
    """Create a collection for vectors of the running encoder, or of an export.

    Regions are fixed for its lifetime; a re-encoding gives it another pooling or index. Loads
    create a collection with the server's defaults where there is none, so that this is needed only
    for other ones. With `from_export` a job writes the export's images into it, and `unchanged`
    counts them: 202. An export whose weights no encoder here has is answered 409
    `encoder_mismatch`.
    """
    access.require(body.name)
    if renamings.is_alias(body.name):
        raise Conflict("collection_exists", f"{body.name!r} is an alias of another collection.")
    index = IndexSpec(type=body.index.type, params=body.index.params) if body.index else None
    if body.from_export is not None:
        given = body.description if "description" in body.model_fields_set else None
        new = NewCollection(
            name=body.name, description=given, index=index, any_encoder=body.any_encoder
        )
        exported = exports.collection_of(body.from_export)
        access.require(exported, "read", called="the collection of this export")
        job = exports.create_collection(body.from_export, new)
        headers = {"Location": urls.job(job.spec.id)}
        return JSONResponse(Job.of(job).model_dump(mode="json"), 202, headers)
    descriptor = body.descriptor or DescriptorInput()
    info = collections.create(
        body.name,
        description=body.description,
        weights=choose_weights(descriptor.weights, workers),
        pooling=descriptor.pooling or settings.pooling,
        index=index,
        regions=body.regions,
    )
    response.headers["Location"] = urls.collection(info.name)
    return Collection.of(info)


@router.get(
    "/{collection}", summary="Show a collection", responses=problem_responses(404, 422, 503)
)
def get_collection(
    collection: CollectionPath, collections: CollectionsDep, renamings: RenamingsDep
) -> Collection:
    """How much is in a collection, and which encoder and index it has."""
    info = collections.get(collection)
    return Collection.of(info, _aliases(renamings).get(info.name, ()))


@router.patch(
    "/{collection}",
    summary="Rename or describe a collection",
    responses=problem_responses(400, 404, 409, 413, 422, 503, 507),
)
def update_collection(
    collection: CollectionPath,
    body: CollectionChanges,
    collections: CollectionsDep,
    renaming: RenamingDep,
    renamings: RenamingsDep,
    access: AccessDep,
) -> Collection:
    """Give a collection another name, another description, or both. No vector is copied.

    Its images, jobs, uploads, standing sources, duplicates and thresholds stay with it. While it
    has unfinished jobs it keeps its name: 409 `collection_busy`. With `keep_alias` every call takes
    the old name, too, until that is deleted by DELETE. A new name takes the permission to delete
    under the old one, and to write under the new one.
    """
    if body.name is not None:
        access.require(collection, "delete")
        access.require(body.name)
    if body.description is not None:
        renaming.describe(collection, body.description)
    if body.name is not None:
        renaming.rename(collection, body.name, keep_alias=body.keep_alias)
    info = collections.get(body.name or collection)
    return Collection.of(info, _aliases(renamings).get(info.name, ()))


@router.delete(
    "/{collection}",
    status_code=204,
    summary="Drop a collection",
    response_description="It is gone.",
    responses=problem_responses(404, 409, 422, 503),
)
def delete_collection(collection: GivenPath, deletion: DeletionDep) -> None:
    """Forget all images of a collection, its jobs, and the files that were uploaded to it.

    Files under the image roots are never touched. Of an alias, only the alias is forgotten.
    """
    deletion.collection(collection)


def _aliases(renamings: Renamings) -> Mapping[str, Sequence[str]]:
    """All aliases; none while Redis is away, as no call is answered by an alias then."""
    try:
        return renamings.aliases()
    except Unavailable:
        return {}


def _existing(collections: Collections, names: list[str]) -> list[CollectionInfo]:
    def get(name: str) -> CollectionInfo | None:
        try:
            return collections.get(name)
        except NotFound:
            return None  # dropped after its name was read

    # In parallel, as counting is slow on a Milvus server.
    with ThreadPoolExecutor(_COUNTERS) as threads:
        return [info for info in threads.map(get, names) if info is not None]
