"""The values that a field has, to choose from."""

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.dependencies import FacetsDep
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath
from gateway.schemas.facets import FacetList

router = APIRouter(prefix="/api/v2/collections/{collection}", tags=["images"])


@router.get(
    "/facets",
    summary="List the values of a field",
    responses=problem_responses(404, 422, 503),
)
def list_facets(
    collection: CollectionPath,
    facets: FacetsDep,
    field: Annotated[
        str,
        Query(
            max_length=1000,
            description="`tags`, `format`, `camera`, `lens`, `job`, or `metadata.<name>`.",
        ),
    ] = "tags",
    prefix: Annotated[
        str, Query(max_length=200, description="What values begin with, in any case.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=100, description="Values wanted.")] = 20,
) -> FacetList:
    """The most frequent values of a field, with how many images have each."""
    return FacetList.of(field, facets.count(collection, field, prefix, limit))
