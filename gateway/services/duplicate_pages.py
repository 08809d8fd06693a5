"""Pages of groups of duplicates, with their images as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.duplicates import (
    GRADES,
    Computed,
    DuplicateGroup,
    Grade,
    Member,
    best_first,
    content_key,
)
from shared.domain.image import ImageRow
from shared.ledger import DuplicateGroups, Place, cursor_after, place_in
from shared.store import Images

#: Images that are looked at for a page, and of one group: the first by their ids.
_LOOKED = 2000
_LOOKED_OF_GROUP = 1000
#: Groups that are read together where some have shrunk, and how often in one request.
_REPAIR = 1000
_ROUNDS = 10


class ShownGroup(NamedTuple):
    """A group with its images as they are now, the one to keep first.

    `size` is how many it has, `rows` are of the first `_LOOKED_OF_GROUP` by their ids.
    """

    group: DuplicateGroup
    size: int
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


class DuplicatePages:
    """Reads pages, a bounded number of images for each.

    Images that were forgotten since, or whose content has changed, are taken out of their groups
    when these are read. Methods raise NotFound `collection_not_found`, and Unavailable.
    """

    def __init__(self, images: Images, groups: DuplicateGroups) -> None:
        self._images = images
        self._groups = groups

    def page(
        self, collection: str, computed: Computed, wanted: Found, cursor: str | None, limit: int
    ) -> GroupPage:
        """Groups, those of most images first; fewer than `limit` where these have many images.

        `computed` is what they are of. Raises InvalidRequest `invalid_cursor`.
        """
        place = None if cursor is None else place_in(cursor)
        most = limit
        for rounds_left in reversed(range(_ROUNDS)):
            batch, more = self._next(collection, wanted, place, most)
            rows = self._rows(collection, batch)
            gone = {group.id: out for group in batch if (out := _gone(group, rows))}
            if not gone or not rounds_left:
                break
            self._groups.shrink_all(collection, gone)
            # Those that have shrunk have another place now.
            most = max(limit, _REPAIR)
        page = batch[:limit]
        shown = [
            ShownGroup(
                group,
                len(group.members) - len(gone.get(group.id, ())),
                best_first(rows[m.image] for m in _looked_at(group) if m.image in rows),
            )
            for group in page
            if len(gone.get(group.id, ())) < len(group.members)
        ]
        count = self._groups.count(collection, wanted.grades)
        more = more or len(batch) > limit
        return GroupPage(shown, cursor_after(page[-1]) if more else None, count, computed)

    def _next(
        self, collection: str, wanted: Found, place: Place | None, most: int
    ) -> tuple[list[DuplicateGroup], bool]:
        """The next groups, as many as may be looked at together, and whether there are more."""
        batch: list[DuplicateGroup] = []
        left = _LOOKED
        for group in self._groups.after(collection, wanted.grades, place, wanted.min_match):
            left -= len(_looked_at(group))
            if len(batch) == most or (batch and left < 0):
                return batch, True
            batch.append(group)
        return batch, False

    def _rows(self, collection: str, groups: Sequence[DuplicateGroup]) -> Mapping[str, ImageRow]:
        """The images of groups that are looked at, and are there with their content."""
        members = [member for group in groups for member in _looked_at(group)]
        ids = dict.fromkeys(member.image for member in members)
        rows = _unchanged(members, self._images.get_many(collection, ids))
        # They may have been written only a moment ago.
        missing = [member for member in members if member.image not in rows]
        return rows | unchanged_rows(self._images, collection, missing) if missing else rows


def unchanged_rows(
    images: Images, collection: str, members: Sequence[Member]
) -> dict[str, ImageRow]:
    """The rows of those members that are there with the content that they were grouped with.

    Sees every write that has returned.
    """
    ids = dict.fromkeys(member.image for member in members)
    return _unchanged(members, images.get_many(collection, ids, strong=True))


def _looked_at(group: DuplicateGroup) -> Sequence[Member]:
    return group.members[:_LOOKED_OF_GROUP]


def _gone(group: DuplicateGroup, rows: Mapping[str, ImageRow]) -> list[str]:
    """What to take out of a group, as those that were looked at and have no row are gone."""
    out = {member.image for member in _looked_at(group) if member.image not in rows}
    return group.without(out) if out else []


def _unchanged(members: Iterable[Member], rows: Mapping[str, ImageRow]) -> dict[str, ImageRow]:
    """The rows of members that have the content that they had when they were grouped."""
    return {
        image: row
        for image, content in members
        if (row := rows.get(image)) is not None and content_key(row.sha256) == content
    }
