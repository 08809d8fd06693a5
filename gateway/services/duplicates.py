"""Duplicates: a job that computes them, pages of groups, and what a user decides of a group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from gateway.services.deletion import DeletionService
from gateway.services.loads import LoadService
from shared.domain.collection import CollectionIdentity
from shared.domain.duplicates import (
    GRADES,
    Computed,
    Dismissal,
    Dismissals,
    DuplicateGroup,
    Grade,
    Member,
    best_first,
    content_key,
    dismissal_of,
    dismissals_of_kept,
    set_apart,
)
from shared.domain.filter import AnyOf, Filter
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import DuplicatesSource, Job
from shared.domain.match import require_curve
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.ledger import DuplicateGroups, cursor_after, place_in
from shared.log import get_logger
from shared.store import Collections, Images

_log = get_logger(__name__)

#: Images that are forgotten together: a filter may name as many, and their contents.
_FORGET = 500
#: Groups that are read together where some have shrunk.
_REPAIR = 1000


class ShownGroup(NamedTuple):
    """A group with its images as they are now, the one to keep first."""

    group: DuplicateGroup
    rows: Sequence[ImageRow]


@dataclass(frozen=True)
class GroupPage:
    """A page of groups; `count` is how many there are of the grades that were asked for."""

    groups: Sequence[ShownGroup]
    next_cursor: str | None
    count: int
    computed: Computed


class Found(NamedTuple):
    """Which groups are wanted."""

    grades: Sequence[Grade] = GRADES
    min_match: float = 0.0


class DuplicateService:
    """Works on groups as they were computed last.

    Images that were forgotten since, or whose content has changed, are taken out of their groups
    when these are read. Methods raise NotFound `collection_not_found`, and Unavailable.
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
        return self._loads.queue_once(target, source)

    def page(self, collection: str, wanted: Found, cursor: str | None, limit: int) -> GroupPage:
        """Groups, those of most images first.

        Raises NotFound `duplicates_not_computed`, InvalidRequest `invalid_cursor`.
        """
        computed = self._computed(collection)
        place = None if cursor is None else place_in(cursor)
        take = limit + 1
        while True:
            least = wanted.min_match
            found = self._groups.after(collection, wanted.grades, place, least)
            batch = list(islice(found, take))
            rows = self._repaired(collection, batch)
            if rows is not None:
                break
            # Those that have shrunk have another place now.
            take = max(take, _REPAIR)
        page = batch[:limit]
        more = len(batch) > limit
        shown = [
            ShownGroup(group, best_first(rows[image] for image in group.images)) for group in page
        ]
        count = self._groups.count(collection, wanted.grades)
        return GroupPage(shown, cursor_after(page[-1]) if more else None, count, computed)

    def dismiss(self, collection: str, group_id: str) -> None:
        """Remember for good that a group's images are no duplicates of each other.

        Raises NotFound `duplicates_not_computed`, `duplicate_group_not_found`, Unavailable
        `image_busy`.
        """
        with self._groups.deciding(collection):
            group, rows = self._live(collection, group_id)
            members = [member for member in group.members if member.image in rows]
            self._dismiss(collection, [dismissal_of(group.grade, members)])
            self._groups.shrink(collection, group_id, group.images)
        _log.info("duplicates_dismissed", collection=collection, images=len(members))

    def resolve(self, collection: str, group_id: str, keep: Iterable[str]) -> int:
        """Forget the images of a group but for these; returns how many.

        They go as by any deletion: files below image roots stay. Where several are kept, they are
        no duplicates of each other from then on. Raises NotFound `duplicates_not_computed`,
        `duplicate_group_not_found`, InvalidRequest `not_in_group`, Conflict `image_gone`,
        Unavailable `image_busy`.
        """
        kept = dict.fromkeys(keep)
        with self._groups.deciding(collection) as still:
            group, rows = self._live(collection, group_id)
            if others := [image for image in kept if image not in group.images]:
                raise _not_in_group(others[0])
            if gone := [image for image in kept if image not in rows]:
                raise _image_gone(gone[0])
            beside = [member for member in group.members if member.image in kept]
            self._dismiss(collection, dismissals_of_kept(beside))
            unwanted = [row for image, row in rows.items() if image not in kept]
            forgotten = 0
            for start in range(0, len(unwanted), _FORGET):
                still()
                forgotten += self._forget(collection, unwanted[start : start + _FORGET])
            self._groups.shrink(collection, group_id, group.images)
        _log.info("duplicates_resolved", collection=collection, forgotten=forgotten)
        return forgotten

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
        for dismissal in dismissals:
            self._groups.dismiss(collection, dismissal)
        apart = Dismissals(dismissals)
        for other in self._groups.all(collection):
            if out := set_apart(other, apart):
                self._groups.shrink(collection, other.id, out)

    def _computed(self, collection: str) -> Computed:
        identity = self._collections.identity(collection)
        computed = self._groups.computed(collection)
        if computed is None or computed.generation != identity.generation:
            raise _not_computed(identity)
        return computed

    def _live(
        self, collection: str, group_id: str
    ) -> tuple[DuplicateGroup, Mapping[str, ImageRow]]:
        """A group, and its images that are there still with the content that they had."""
        self._computed(collection)
        group = self._groups.get(collection, group_id)
        if group is None:
            raise duplicate_group_not_found(group_id)
        found = self._images.get_many(collection, group.images, strong=True)
        rows = _unchanged(group.members, found)
        out = group.without(set(group.images) - rows.keys())
        if out and self._groups.shrink(collection, group_id, out) == 0:
            raise duplicate_group_not_found(group_id)
        return group, rows

    def _repaired(
        self, collection: str, groups: Sequence[DuplicateGroup]
    ) -> Mapping[str, ImageRow] | None:
        """The images of groups; None where some were gone, and are taken out of them now."""
        members = [member for group in groups for member in group.members]
        rows = _unchanged(members, self._images.get_many(collection, [m.image for m in members]))
        missing = [member for member in members if member.image not in rows]
        if missing:
            # They may have been written only a moment ago.
            ids = dict.fromkeys(member.image for member in missing)
            rows |= _unchanged(missing, self._images.get_many(collection, ids, strong=True))
        shrunk = False
        for group in groups:
            gone = {image for image in group.images if image not in rows}
            if gone:
                self._groups.shrink(collection, group.id, group.without(gone))
                shrunk = True
        return None if shrunk else rows


def _unchanged(members: Iterable[Member], rows: Mapping[str, ImageRow]) -> dict[str, ImageRow]:
    """The rows of members that have the content that they had when they were grouped."""
    return {
        image: row
        for image, content in members
        if (row := rows.get(image)) is not None and content_key(row.sha256) == content
    }


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
