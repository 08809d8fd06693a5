"""Collections: list, create, show, drop."""

from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Response

from gateway.dependencies import (
    AccessDep,
    CollectionsDep,
    DeletionDep,
    SettingsDep,
    UrlsDep,
    WorkersDep,
)
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor, Limit
from gateway.schemas.collections import Collection, CollectionInput, CollectionList, DescriptorInput
from gateway.services.encoders import choose_weights
from shared import cursors
from shared.domain.collection import CollectionInfo, IndexSpec
from shared.errors import NotFound
from shared.store import Collections

#: Threads that count the images of collections for one list.
_COUNTERS = 8

router = APIRouter(prefix="/api/v2/collections", tags=["collections"])


@router.get("", summary="List the collections", responses=problem_responses(422, 503))
def list_collections(
    collections: CollectionsDep, access: AccessDep, cursor: Cursor = None, limit: Limit = 100
) -> CollectionList:
    """All collections, by name; those that the key may read."""
    after = cursors.decode(cursor, str)[0] if cursor else ""
    names = sorted(name for name in collections.names() if name > after and access.shows(name))
    return CollectionList(
        items=[Collection.of(info) for info in _existing(collections, names[:limit])],
        next_cursor=cursors.encode(names[limit - 1]) if len(names) > limit else None,
    )


@router.post(
    "",
    status_code=201,
    summary="Create a collection",
    response_description="The new collection; `Location` is its address.",
    responses=problem_responses(400, 409, 413, 422, 503),
)
def create_collection(
    body: CollectionInput,
    response: Response,
    collections: CollectionsDep,
    workers: WorkersDep,
    settings: SettingsDep,
    urls: UrlsDep,
    access: AccessDep,
) -> Collection:
    """Create a collection for vectors of the running encoder.

    Regions are fixed for its lifetime; a re-encoding gives it another pooling or index. Loads
    create a collection with the server's defaults where there is none, so that this is needed only
    for other ones.
    """
    access.require(body.name)
    descriptor = body.descriptor or DescriptorInput()
    info = collections.create(
        body.name,
        description=body.description,
        weights=choose_weights(descriptor.weights, workers),
        pooling=descriptor.pooling or settings.pooling,
        index=IndexSpec(type=body.index.type, params=body.index.params) if body.index else None,
        regions=body.regions,
    )
    response.headers["Location"] = urls.collection(info.name)
    return Collection.of(info)


@router.get(
    "/{collection}", summary="Show a collection", responses=problem_responses(404, 422, 503)
)
def get_collection(collection: CollectionPath, collections: CollectionsDep) -> Collection:
    """How much is in a collection, and which encoder and index it has."""
    return Collection.of(collections.get(collection))


@router.delete(
    "/{collection}",
    status_code=204,
    summary="Drop a collection",
    response_description="It is gone.",
    responses=problem_responses(404, 422, 503),
)
def delete_collection(collection: CollectionPath, deletion: DeletionDep) -> None:
    """Forget all images of a collection, its jobs, and the files that were uploaded to it.

    Files under the image roots are never touched.
    """
    deletion.collection(collection)


def _existing(collections: Collections, names: list[str]) -> list[CollectionInfo]:
    def get(name: str) -> CollectionInfo | None:
        try:
            return collections.get(name)
        except NotFound:
            return None  # dropped after its name was read

    # In parallel, as counting is slow on a Milvus server.
    with ThreadPoolExecutor(_COUNTERS) as threads:
        return [info for info in threads.map(get, names) if info is not None]
