"""Duplicates: a job that computes them, pages of groups, and what a user decides of a group."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.services.deletion import DeletionService
from gateway.services.duplicate_pages import DuplicatePages, Found, GroupPage, unchanged_rows
from gateway.services.loads import LoadService
from shared.domain.collection import CollectionIdentity
from shared.domain.duplicates import (
    Computed,
    Dismissal,
    Dismissals,
    DuplicateGroup,
    dismissal_of,
    dismissals_of_kept,
    set_apart,
)
from shared.domain.filter import AnyOf, Filter
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import DuplicatesSource, Job
from shared.domain.match import require_curve
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.ledger import DuplicateGroups
from shared.log import get_logger
from shared.store import Collections, Images

_log = get_logger(__name__)

#: Images that are forgotten together: a filter may name as many, and their contents.
_FORGET = 500
#: Images that one call forgets at most.
MAX_AT_ONCE = 1000


class Resolved(NamedTuple):
    """How many images of a group were forgotten, and how many are left that are not kept."""

    forgotten: int
    left: int


class DuplicateService:
    """Works on groups as they were computed last.

    Methods raise NotFound `collection_not_found`, and Unavailable.
    """

    def __init__(
        self,
        collections: Collections,
        images: Images,
        groups: DuplicateGroups,
        deletion: DeletionService,
        loads: LoadService,
    ) -> None:
        self._collections = collections
        self._images = images
        self._groups = groups
        self._pages = DuplicatePages(images, groups)
        self._deletion = deletion
        self._loads = loads

    def compute(self, collection: str, min_match: float | None) -> Job:
        """Queue a job that finds the duplicates; returns the one that is under way, if it is alike.

        Raises QueueFull; InvalidRequest `no_match_curve` where there is a `min_match`, and no curve
        for it.
        """
        target = self._collections.identity(collection)
        source = DuplicatesSource()
        if min_match is not None:
            require_curve(target.fingerprint)
            source = DuplicatesSource(min_match=min_match)
        return self._loads.unfinished(target, source) or self._loads.queue_alone(target, source)

    def page(self, collection: str, wanted: Found, cursor: str | None, limit: int) -> GroupPage:
        """Groups, those of most images first; fewer than `limit` where these have many images.

        Raises NotFound `duplicates_not_computed`, InvalidRequest `invalid_cursor`.
        """
        computed = self._computed(collection)
        return self._pages.page(collection, computed, wanted, cursor, limit)

    def dismiss(self, collection: str, group_id: str) -> None:
        """Remember for good that a group's images are no duplicates of each other.

        Raises NotFound `duplicates_not_computed`, `duplicate_group_not_found`, Unavailable
        `image_busy`.
        """
        with self._groups.deciding(collection):
            group = self._group(collection, group_id)
            self._dismiss(collection, [dismissal_of(group.grade, group.members)])
            self._groups.shrink(collection, group_id, group.images)
        _log.info("duplicates_dismissed", collection=collection, images=len(group.members))

    def resolve(self, collection: str, group_id: str, keep: Iterable[str]) -> Resolved:
        """Forget the images of a group but for these, `MAX_AT_ONCE` of them in one call.

        They go as by any deletion: files below image roots stay. Where several are kept, they are
        no duplicates of each other from the last call on. Raises NotFound
        `duplicates_not_computed`, `duplicate_group_not_found`, InvalidRequest `not_in_group`,
        Conflict `image_gone`, Unavailable `image_busy`.
        """
        kept = dict.fromkeys(keep)
        with self._groups.deciding(collection) as still:
            group = self._group(collection, group_id)
            beside = [member for member in group.members if member.image in kept]
            if len(beside) < len(kept):
                raise _not_in_group(next(image for image in kept if image not in group.images))
            others = [member for member in group.members if member.image not in kept]
            unwanted, later = others[:MAX_AT_ONCE], others[MAX_AT_ONCE:]
            rows = unchanged_rows(self._images, collection, [*beside, *unwanted])
            if gone := [image for image in kept if image not in rows]:
                raise _image_gone(gone[0])
            there = [rows[member.image] for member in unwanted if member.image in rows]
            forgotten = 0
            for start in range(0, len(there), _FORGET):
                still()
                forgotten += self._forget(collection, there[start : start + _FORGET])
            out = [member.image for member in unwanted] if later else group.images
            if not later:
                self._dismiss(collection, dismissals_of_kept(beside))
            self._groups.shrink(collection, group_id, out)
        _log.info("duplicates_resolved", collection=collection, forgotten=forgotten)
        return Resolved(forgotten, len(later))

    def _forget(self, collection: str, rows: Sequence[ImageRow]) -> int:
        """Delete rows, unless they have another content by now; returns how many went."""
        ids = AnyOf(field="id", any=tuple(row.id for row in rows))
        contents = AnyOf(field="sha256", any=tuple({row.sha256 for row in rows}))
        where = Filter(must=(ids, contents))
        done = self._deletion.matching(collection, ImageFilter(where=where))
        return done if isinstance(done, int) else 0

    def _dismiss(self, collection: str, dismissals: Sequence[Dismissal]) -> None:
        if not dismissals:
            return
        generation = self._collections.identity(collection).generation
        for dismissal in dismissals:
            self._groups.dismiss(collection, generation, dismissal)
        apart = Dismissals(dismissals)
        groups = self._groups.all(collection)
        out = {other.id: images for other in groups if (images := set_apart(other, apart))}
        self._groups.shrink_all(collection, out)

    def _computed(self, collection: str) -> Computed:
        identity = self._collections.identity(collection)
        computed = self._groups.computed(collection)
        if computed is None or computed.generation != identity.generation:
            raise _not_computed(identity)
        return computed

    def _group(self, collection: str, group_id: str) -> DuplicateGroup:
        self._computed(collection)
        group = self._groups.get(collection, group_id)
        if group is None:
            raise duplicate_group_not_found(group_id)
        return group


def duplicate_group_not_found(group: str) -> NotFound:
    """Unknown, or resolved or dismissed by now."""
    return NotFound(
        "duplicate_group_not_found",
        f"There is no group {group!r} any more: it was resolved, dismissed, or computed anew.",
    )


def _not_computed(identity: CollectionIdentity) -> NotFound:
    return NotFound(
        "duplicates_not_computed",
        f"The duplicates of {identity.name!r} were never computed. Start a job that does so: "
        f"POST /api/v2/collections/{identity.name}/duplicates.",
    )


def _not_in_group(image: str) -> InvalidRequest:
    return InvalidRequest(
        "not_in_group", f"The image {image!r} is none of this group's; nothing was forgotten."
    )


def _image_gone(image: str) -> Conflict:
    return Conflict(
        "image_gone",
        f"The image {image!r} that is to be kept was forgotten or has another content by now; "
        "nothing was forgotten. Read the group again.",
    )
