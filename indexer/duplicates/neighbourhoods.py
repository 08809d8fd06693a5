"""The ties of a batch of images: which others of the collection are near to each."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from indexer.duplicates.grouping import Bounds
from shared.domain.pixel_hash import SURE, shows_another
from shared.ledger import DirectedTie
from shared.store import Neighbour, Neighbours, StoredVectors

#: Images whose neighbours are searched in one call.
BATCH = 64
#: Neighbours that are looked at, the image itself among them.
NEAREST = 32
#: As many, where those are all alike enough, so that there may be more.
NEAREST_OF_MANY = 256
#: Of the contents that are near to an image, these are its background: what is merely like it.
_BACKGROUND = slice(16, 32)
#: So many of them must be there to tell anything.
_LEAST_BACKGROUND = 8
#: A copy is nearer to an image than its background: its distance (1 - cosine) is this share of
#: the background's at most.
_CONTRAST = 0.4
#: From this cosine on it is one whatever the background is.
_SURE = 0.97
#: No distance is larger.
_ANY = 2.0
#: How far below the bound of copies a tie is put that has no contrast; a cosine is good to 1e-6.
_BELOW = 1e-5


class Neighbourhoods:
    """Searches one collection. Ties join images of different contents.

    In a set of pictures that all look alike, as those of one studio, strangers have the score of
    copies. What stands out less from an image's background than a copy does is similar only, and so
    is what looks different by the hash of its pixels.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        collection: str,
        generation: str,
        copies: Bounds,
        similar: Bounds,
    ) -> None:
        self._neighbours = neighbours
        self._collection = collection
        self._generation = generation
        self._copies = copies
        self._similar = similar

    def ties(self, images: StoredVectors) -> Iterator[DirectedTie]:
        """Ties from each image to one image of each near content, up to `NEAREST` of them.

        Raises NotFound, and what the retry of `neighbours` raises.
        """
        if not images.ids:
            return
        found = self._nearest(images, range(len(images.ids)), NEAREST)
        near = {
            image: list(self._tied(images, place, hits))
            for place, (image, hits) in enumerate(zip(images.ids, found, strict=True))
        }
        hashes = self._pixel_hashes(near)
        for image, hits in near.items():
            for hit in hits:
                other = shows_another(hit.score, hashes.get(image), hashes.get(hit.id))
                yield DirectedTie(image, hit.id, self._no_copy(hit.score) if other else hit.score)

    def _tied(
        self, images: StoredVectors, place: int, hits: Sequence[Neighbour]
    ) -> Iterator[Neighbour]:
        """What is near to one of the images, with the scores of ties."""
        sha256 = images.sha256s[place]
        if len(hits) == NEAREST and hits[-1].score >= self._similar.tie:
            # More are alike: further copies of its own bytes must not hide them.
            (hits,) = self._nearest(images, (place,), NEAREST_OF_MANY, without=sha256)
        contents: dict[str, Neighbour] = {}
        for hit in hits:
            if hit.sha256 != sha256:
                contents.setdefault(hit.sha256, hit)
        near = list(contents.values())[:NEAREST]
        far = self._far_enough(near)
        for hit in near:
            score = hit.score if 1 - hit.score <= far else self._no_copy(hit.score)
            if score >= self._similar.tie:
                yield hit._replace(score=score)

    def _pixel_hashes(self, near: Mapping[str, Sequence[Neighbour]]) -> dict[str, str]:
        """The hashes of the images, and of what is near, where these decide."""
        asked: dict[str, None] = {}
        for image, hits in near.items():
            if doubtful := [hit.id for hit in hits if self._copies.tie <= hit.score < SURE]:
                asked |= dict.fromkeys((image, *doubtful))
        if not asked or self._one_grade:
            return {}
        return self._neighbours.pixel_hashes_of(self._collection, list(asked))

    @property
    def _one_grade(self) -> bool:
        """Whether copies are as loose as what is similar, so that no looser grade is left."""
        return self._copies.tie - _BELOW <= self._similar.tie

    def _far_enough(self, near: Sequence[Neighbour]) -> float:
        """The largest distance of a copy, by the background of the image that these are near to."""
        background = [hit.score for hit in near[_BACKGROUND]]
        if self._one_grade or len(background) < _LEAST_BACKGROUND:
            return _ANY
        mean = statistics.fmean(background)
        # Where even these are as near as copies, there are many copies, and no background is seen.
        return _ANY if mean >= self._copies.tie else max(1 - _SURE, _CONTRAST * (1 - mean))

    def _no_copy(self, score: float) -> float:
        return min(score, self._copies.tie - _BELOW)

    def _nearest(
        self, images: StoredVectors, places: range | tuple[int], limit: int, without: str = ""
    ) -> list[list[Neighbour]]:
        return self._neighbours.nearest(
            self._collection,
            self._generation,
            images.vectors[list(places)],
            limit,
            without=[without] if without else [],
        )
