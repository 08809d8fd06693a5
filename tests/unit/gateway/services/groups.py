"""A collection's groups of duplicates, its images and their deletion, in memory."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from gateway.services.duplicates import DuplicateService
from shared.domain.duplicates import (
    Computed,
    Dismissal,
    DuplicateGroup,
    Grade,
    Member,
    content_key,
)
from shared.domain.image import ImageFilter, ImageRow
from shared.ledger import Place
from shared.ledger.duplicate_groups import place_of
from shared.store import matches
from tests.integration.shared.store.samples import make_row

COMPUTED = Computed(job="j", generation="g", computed_at=0.0, images=1)


class Identity:
    name, generation = "c", "g"


class Shelf:
    """Stands in for all that the service uses."""

    def __init__(self, *contents: str) -> None:
        rows = [make_row(n, sha256=content * 64) for n, content in enumerate(contents)]
        self.rows = {row.id: row for row in rows}
        self.ids = list(self.rows)
        self.groups: dict[str, DuplicateGroup] = {}
        self.dismissed: list[Dismissal] = []
        self.read: list[int] = []
        self.before_delete: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self.service = DuplicateService(*cast(Any, (self, self, self, self, None)))

    def add(self, grade: Grade, *numbers: int) -> DuplicateGroup:
        rows = [self.rows[self.ids[number]] for number in numbers]
        members = [Member(row.id, content_key(row.sha256)) for row in rows]
        group = DuplicateGroup.of(grade, 0.9, members)
        self.groups[group.id] = group
        return group

    def identity(self, _collection: str) -> Identity:
        return Identity()

    def computed(self, _collection: str) -> Computed:
        return COMPUTED

    def get(self, _collection: str, group: str) -> DuplicateGroup | None:
        return self.groups.get(group)

    def all(self, _collection: str) -> Iterator[DuplicateGroup]:
        return iter(list(self.groups.values()))

    def shrink(self, _collection: str, group: str, images: Collection[str]) -> int:
        found = self.groups.pop(group, None)
        if found is None:
            return 0
        left = tuple(member for member in found.members if member.image not in images)
        if len(left) < 2:
            return 0
        self.groups[group] = found._replace(members=left)
        return len(left)

    def shrink_all(self, collection: str, images: Mapping[str, Collection[str]]) -> list[int]:
        return [self.shrink(collection, group, out) for group, out in images.items()]

    def after(
        self, _collection: str, _grades: object, place: Place | None, _least: float
    ) -> Iterator[DuplicateGroup]:
        ordered = sorted(self.groups.values(), key=place_of)
        return iter([group for group in ordered if place is None or place_of(group) > place])

    def count(self, _collection: str, _grades: object) -> int:
        return len(self.groups)

    def dismiss(self, _collection: str, _generation: str, dismissal: Dismissal) -> None:
        self.dismissed.append(dismissal)

    @contextmanager
    def deciding(self, _collection: str) -> Iterator[Callable[[], None]]:
        with self._lock:
            yield lambda: None

    def get_many(
        self, _collection: str, ids: Iterable[str], **_named: bool
    ) -> Mapping[str, ImageRow]:
        wanted: Sequence[str] = list(ids)
        self.read.append(len(wanted))
        return {image: self.rows[image] for image in wanted if image in self.rows}

    def matching(self, _collection: str, wanted: ImageFilter) -> int:
        self.before_delete()
        gone = [row.id for row in self.rows.values() if matches(row, wanted)]
        for image in gone:
            del self.rows[image]
        return len(gone)
