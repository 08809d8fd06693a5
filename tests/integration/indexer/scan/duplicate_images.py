"""Images among which there are duplicates of each grade, and what is found of them."""

from typing import Any

from shared.domain.duplicates import Dismissal
from shared.domain.image import ImageRow
from shared.domain.job import DuplicatesSource, Job
from shared.ledger import DuplicateGroups
from tests.integration.alike import Likeness, copies
from tests.integration.indexer.loads import Loads

SOURCE = DuplicatesSource()
#: Two of the same bytes, an edit of them; a pair that is similar only; strangers; a chain.
IMAGES = [
    *(Likeness(0, 0, "same") for _ in range(2)),
    *copies(0, 10),
    *copies(1, 0, 33),
    *(image for picture in range(2, 20) for image in copies(picture, 0)),
    *copies(30, 0, 25, 50, 75),
]


def found(loads: Loads, rows: list[ImageRow]) -> dict[str, set[frozenset[int]]]:
    """The groups of each grade, as numbers of rows."""
    numbers = {row.id: n for n, row in enumerate(rows)}
    groups: dict[str, set[frozenset[int]]] = {"identical": set(), "copy": set(), "similar": set()}
    for group in DuplicateGroups(loads.redis).all(loads.collection):
        groups[group.grade].add(frozenset(numbers[image] for image in group.images))
    return groups


def dismiss(loads: Loads, *dismissals: Dismissal) -> None:
    """Dismiss in the collection as it is now."""
    generation = loads.indexer().stores.collections.identity(loads.collection).generation
    for dismissal in dismissals:
        DuplicateGroups(loads.redis).dismiss(loads.collection, generation, dismissal)


def expected() -> dict[str, set[frozenset[int]]]:
    chain = len(IMAGES) - 4
    pairs = {frozenset({chain, chain + 1}), frozenset({chain + 2, chain + 3})}
    return {
        "identical": {frozenset({0, 1})},
        "copy": {frozenset({0, 1, 2}), *pairs},
        "similar": {frozenset({3, 4})},
    }


def find(loads: Loads, **source: Any) -> Job:
    return loads.load(source=DuplicatesSource(**source))
