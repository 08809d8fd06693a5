"""Groups of images that show the same, and what a user said are none."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Self

from shared.domain.base import Frozen
from shared.domain.image import ImageRow

#: How alike a group's images are: the same bytes, the same picture edited, or perhaps that.
Grade = Literal["identical", "copy", "similar"]
GRADES: tuple[Grade, ...] = ("identical", "copy", "similar")

#: The least match of copies: strangers hardly ever have it.
COPY_MATCH = 0.9
#: The least match of what is similar: below one half, a stranger is the likelier explanation.
SIMILAR_MATCH = 0.5


class DuplicateGroup(NamedTuple):
    """Two images or more, by their ids in order. `match` is the weakest tie that joined them."""

    id: str
    grade: Grade
    match: float
    images: tuple[str, ...]

    @classmethod
    def of(cls, grade: Grade, match: float, images: Iterable[str]) -> Self:
        """A group whose id is made from its images, so that another computation gives the same."""
        ordered = tuple(sorted(images))
        digest = hashlib.sha256(" ".join((grade, *ordered)).encode())
        return cls(digest.hexdigest()[:32], grade, match, ordered)

    def without(self, images: Collection[str]) -> Self:
        """The group without some of its images; it keeps its id."""
        return self._replace(images=tuple(image for image in self.images if image not in images))


class Computed(Frozen):
    """What a collection's groups are of: the job that computed them, when (Unix seconds), how.

    `generation` is the collection's; `copy_match` and `similar_match` are None where its weights
    have no match curve, so that only identical files were looked for.
    """

    job: str
    generation: str
    computed_at: float
    images: int
    copy_match: float | None = None
    similar_match: float | None = None


#: What a dismissal names: images by id, or contents by the first 32 hex digits of their SHA-256.
Named = Literal["images", "contents"]


class Dismissal(NamedTuple):
    """Images, or contents, no two of which are duplicates of each other: a user has said so.

    Files with the same bytes are told apart by their ids, others by their contents, so that a
    renamed file does not bring a dismissed pair back.
    """

    named: Named
    keys: frozenset[str]


def content_key(sha256: str) -> str:
    """How dismissals name a content."""
    return sha256[:32]


def dismissal_of(grade: Grade, rows: Iterable[ImageRow]) -> Dismissal:
    """The dismissal of all pairs of a group's images."""
    if grade == "identical":
        return Dismissal("images", frozenset(row.id for row in rows))
    return Dismissal("contents", frozenset(content_key(row.sha256) for row in rows))


def set_apart(group: DuplicateGroup, dismissal: Dismissal, keys: Mapping[str, str]) -> list[str]:
    """Images to take out of a group, so that no dismissed pair is left in it.

    `keys` are those that the dismissal has of images, by image id; others have nothing to do with
    it. The first of them stays.
    """
    if (group.grade == "identical") != (dismissal.named == "images"):
        return []
    first = next((keys[image] for image in group.images if image in keys), None)
    return [image for image in group.images if image in keys and keys[image] != first]


class Dismissals:
    """All dismissals of a collection."""

    def __init__(self, dismissals: Iterable[Dismissal]) -> None:
        self._of: dict[tuple[Named, str], set[int]] = {}
        for number, dismissal in enumerate(dismissals):
            for key in dismissal.keys:
                self._of.setdefault((dismissal.named, key), set()).add(number)

    def numbers(self, named: Named, key: str) -> Collection[int]:
        """The dismissals that name an image or a content: two that share one are set apart."""
        return self._of.get((named, key), ())

    def split(self, named: Named, keys: Sequence[str]) -> list[list[str]]:
        """Keys in as few lists as first fit finds, so that no list has a dismissed pair."""
        lists: list[tuple[list[str], set[int]]] = []
        for key in keys:
            numbers = self.numbers(named, key)
            fitting = next((one for one in lists if one[1].isdisjoint(numbers)), None)
            if fitting is None:
                lists.append(fitting := ([], set()))
            fitting[0].append(key)
            fitting[1].update(numbers)
        return [members for members, _ in lists]


def suggested_keep(rows: Sequence[ImageRow]) -> str:
    """The image of a group to keep: most pixels, then most bytes, then the oldest file."""
    best = min(rows, key=lambda r: (-r.width * r.height, -r.bytes, r.mtime_ns, r.added_at, r.id))
    return best.id
