"""Duplicates: compute them, list the groups, decide what becomes of each."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator

from gateway.dependencies import DuplicatesDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.routes.parameters import CollectionPath, Cursor
from gateway.schemas.duplicates import (
    EXAMPLE_GROUP_ID,
    DuplicateGroup,
    DuplicateGroupList,
    DuplicatesComputed,
    DuplicatesInput,
    Resolution,
    Resolved,
)
from gateway.schemas.fields import BLANK_IS_NONE, HEX_ID, well_formed
from gateway.schemas.jobs import Job
from gateway.services.duplicate_pages import Found
from gateway.services.duplicates import duplicate_group_not_found
from shared.domain.duplicates import GRADES, Grade

router = APIRouter(prefix="/api/v2/collections/{collection}/duplicates", tags=["duplicates"])

GroupPath = Annotated[
    Annotated[str, HEX_ID, AfterValidator(well_formed(duplicate_group_not_found))],
    Path(description="A group's id.", examples=[EXAMPLE_GROUP_ID]),
]
GroupLimit = Annotated[int, Query(ge=1, le=100, description="Groups on a page, at most.")]


@router.post(
    "",
    status_code=202,
    summary="Find duplicates",
    response_description="The queued job; `Location` is its address.",
    responses=problem_responses(400, 404, 413, 422, 429, 503),
)
def find_duplicates(
    collection: CollectionPath,
    response: Response,
    duplicates: DuplicatesDep,
    urls: UrlsDep,
    body: DuplicatesInput | None = None,
) -> Job:
    """Queue a job that groups the images that show the same; its groups replace the earlier ones.

    It looks at the nearest neighbours of every image, and needs no encoder; `unchanged` counts
    images that were looked at. While such a job is unfinished, asking again answers that one. Where
    the collection's weights have no match curve, only equal files are found; a `min_match` is
    answered 422 `no_match_curve` then.
    """
    job = duplicates.compute(collection, body.min_match if body else None)
    response.headers["Location"] = urls.job(job.spec.id)
    return Job.of(job)


@router.get(
    "",
    summary="List the duplicates",
    response_model_exclude_unset=True,
    responses=problem_responses(404, 422, 503),
)
def list_duplicates(
    collection: CollectionPath,
    duplicates: DuplicatesDep,
    urls: UrlsDep,
    grade: Annotated[
        Grade | None, BLANK_IS_NONE, Query(description="Only groups of this grade.")
    ] = None,
    min_match: Annotated[
        float, Query(ge=0, le=1, description="Only groups whose weakest tie has this match.")
    ] = 0.0,
    cursor: Cursor = None,
    limit: GroupLimit = 100,
) -> DuplicateGroupList:
    """The groups as they were computed last, those of most images first.

    Images that were forgotten since, or have another content now, are left out, and so are groups
    of which fewer than two images are left. A page of large groups has fewer than `limit`; as long
    as there is a `next_cursor`, there are more. Before they were first computed: 404
    `duplicates_not_computed`.
    """
    wanted = Found((grade,) if grade else GRADES, min_match)
    page = duplicates.page(collection, wanted, cursor, limit)
    return DuplicateGroupList(
        items=[DuplicateGroup.of(s.group, s.size, s.rows, collection, urls) for s in page.groups],
        next_cursor=page.next_cursor,
        count=page.count,
        computed=DuplicatesComputed.of(page.computed),
    )


@router.post(
    "/{group}/dismiss",
    status_code=204,
    summary="Say that images are no duplicates",
    response_description="The group is gone.",
    responses=problem_responses(404, 422, 503),
)
def dismiss_duplicates(
    collection: CollectionPath, group: GroupPath, duplicates: DuplicatesDep
) -> None:
    """Remember for good that no two images of a group are duplicates of each other.

    No later computation puts two of them into one group again: not by these contents, whatever
    their files are called, and for equal files not by these ids.
    """
    duplicates.dismiss(collection, group)


@router.post(
    "/{group}/resolve",
    summary="Keep some images of a group, forget the others",
    responses=problem_responses(400, 404, 409, 413, 422, 503),
)
def resolve_duplicates(
    collection: CollectionPath, group: GroupPath, body: Resolution, duplicates: DuplicatesDep
) -> Resolved:
    """Forget the images of a group but for those in `keep`, and their files if they were uploaded.

    Files below image roots are never deleted: the next load finds them again, unless they are moved
    away. Where several are kept, no two of these are duplicates of each other from then on. An id
    that is not the group's is answered 422 `not_in_group`, one that was forgotten meanwhile 409
    `image_gone`; then nothing is forgotten. One call forgets 1,000 images at most; where some are
    `left`, call again with the same `keep`.
    """
    forgotten, left = duplicates.resolve(collection, group, body.keep)
    return Resolved(deleted=forgotten, left=left)
