"""Groups of images that show the same, and what a user said are none."""

import hashlib
from collections.abc import Collection, Iterable
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


class Member(NamedTuple):
    """An image of a group, by its id, and its content when the group was computed."""

    image: str
    content: str

    def key(self, named: "Named") -> str:
        """How a dismissal of this kind names it."""
        return self.image if named == "images" else self.content


class DuplicateGroup(NamedTuple):
    """Two images or more, in the order of their ids. `match` is the weakest tie that joined them.

    Those of an identical group have one content, those of any other at least two.
    """

    id: str
    grade: Grade
    match: float
    members: tuple[Member, ...]

    @classmethod
    def of(cls, grade: Grade, match: float, members: Iterable[Member]) -> Self:
        """A group whose id is made from its images, so that another computation gives the same."""
        ordered = tuple(sorted(members))
        digest = hashlib.sha256(" ".join((grade, *(m.image for m in ordered))).encode())
        return cls(digest.hexdigest()[:32], grade, match, ordered)

    @property
    def images(self) -> tuple[str, ...]:
        """The ids of its images."""
        return tuple(member.image for member in self.members)

    @property
    def named(self) -> "Named":
        """By what its images are told apart."""
        return "images" if self.grade == "identical" else "contents"

    def without(self, images: Collection[str]) -> list[str]:
        """What to take out so that these images are gone: all, where what is left is no group."""
        left = [member for member in self.members if member.image not in images]
        if len({member.key(self.named) for member in left}) < 2:
            return list(self.images)
        return [image for image in self.images if image in images]


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


class DuplicateReport(Frozen):
    """A file of a load that looks like a copy of the image `of`, which was there before it."""

    id: str
    uri: str
    of: str
    grade: Grade
    match: float


#: What a dismissal names: images by id, or contents by the first 32 hex digits of their SHA-256.
Named = Literal["images", "contents"]
NAMED: tuple[Named, ...] = ("images", "contents")


class Dismissal(NamedTuple):
    """Images, or contents, no two of which are duplicates of each other: a user has said so.

    Files with the same bytes are told apart by their ids, others by their contents, so that a
    renamed file does not bring a dismissed pair back.
    """

    named: Named
    keys: frozenset[str]


def content_key(sha256: str) -> str:
    """How a group and a dismissal name a content."""
    return sha256[:32]


def dismissal_of(grade: Grade, members: Iterable[Member]) -> Dismissal:
    """The dismissal of all pairs of a group's members."""
    named: Named = "images" if grade == "identical" else "contents"
    return Dismissal(named, frozenset(member.key(named) for member in members))


def dismissals_of_kept(members: Iterable[Member]) -> list[Dismissal]:
    """The dismissals of images that are kept beside each other: equal ones by id, others too."""
    images: dict[str, set[str]] = {}
    for member in members:
        images.setdefault(member.content, set()).add(member.image)
    found = [Dismissal("images", frozenset(same)) for same in images.values()]
    found.append(Dismissal("contents", frozenset(images)))
    return [dismissal for dismissal in found if len(dismissal.keys) > 1]


class Dismissals:
    """All dismissals of a collection, or some."""

    def __init__(self, dismissals: Iterable[Dismissal]) -> None:
        self._of: dict[tuple[Named, str], set[int]] = {}
        for number, dismissal in enumerate(dismissals):
            for key in dismissal.keys:
                self._of.setdefault((dismissal.named, key), set()).add(number)

    def numbers(self, named: Named, key: str) -> Collection[int]:
        """The dismissals that name an image or a content: two that share one are set apart."""
        return self._of.get((named, key), ())

    def split(self, members: Iterable[Member]) -> list[list[Member]]:
        """Members in as few lists as first fit finds: no list has two images that are dismissed.

        By their ids alone: members are of contents that are not set apart.
        """
        lists: list[tuple[list[Member], set[int]]] = [([], set())]
        #: All lists before this one have a member of the dismissal.
        free: dict[int, int] = {}
        for member in members:
            numbers = self.numbers("images", member.image)
            place = max((free.get(number, 0) for number in numbers), default=0)
            while place < len(lists) and not lists[place][1].isdisjoint(numbers):
                place += 1
            if place == len(lists):
                lists.append(([], set()))
            lists[place][0].append(member)
            lists[place][1].update(numbers)
            for number in numbers:
                at = free.get(number, 0)
                while at < len(lists) and number in lists[at][1]:
                    at += 1
                free[number] = at
        return [found for found, _ in lists]


def set_apart(group: DuplicateGroup, dismissals: Dismissals) -> list[str]:
    """Images to take out of a group, so that no dismissed pair is left in it; the first stays."""
    firsts: dict[int, str] = {}
    out: set[str] = set()
    for member in group.members:
        keys = {
            number: member.key(named)
            for named in NAMED
            for number in dismissals.numbers(named, member.key(named))
        }
        if any(firsts.get(number, key) != key for number, key in keys.items()):
            out.add(member.image)
        else:
            firsts |= keys
    return group.without(out) if out else []


def all_apart(groups: Iterable[DuplicateGroup], dismissals: Dismissals) -> list[DuplicateGroup]:
    """Groups without what `set_apart` takes out of them, and without those that are none then."""
    left = []
    for group in groups:
        out = set(set_apart(group, dismissals))
        members = [member for member in group.members if member.image not in out]
        if members:
            left.append(DuplicateGroup.of(group.grade, group.match, members))
    return left


def best_first(rows: Iterable[ImageRow]) -> list[ImageRow]:
    """Images by how much they are worth keeping: most pixels, most bytes, the oldest file."""
    return sorted(rows, key=lambda r: (-r.width * r.height, -r.bytes, r.mtime_ns, r.added_at, r.id))
