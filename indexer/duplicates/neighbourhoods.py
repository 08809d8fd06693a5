"""The ties of a batch of images: which others of the collection are near to each."""

from collections.abc import Iterator

from shared.ledger import DirectedTie
from shared.store import Neighbour, Neighbours, StoredVectors

#: Images whose neighbours are searched in one call.
BATCH = 64
#: Neighbours that are looked at, the image itself among them.
NEAREST = 32
#: As many, where those are all alike enough, so that there may be more.
NEAREST_OF_MANY = 256


class Neighbourhoods:
    """Searches one collection. Ties join images of different contents."""

    def __init__(self, neighbours: Neighbours, collection: str, generation: str) -> None:
        self._neighbours = neighbours
        self._collection = collection
        self._generation = generation

    def ties(self, images: StoredVectors, least_score: float) -> Iterator[DirectedTie]:
        """Ties from each image to one image of each near content, up to `NEAREST` of them.

        Raises NotFound, and what the retry of `neighbours` raises.
        """
        if not images.ids:
            return
        found = self._nearest(images, range(len(images.ids)), NEAREST)
        for place, hits in enumerate(found):
            sha256 = images.sha256s[place]
            if len(hits) == NEAREST and hits[-1].score >= least_score:
                # More are alike: further copies of its own bytes must not hide them.
                (hits,) = self._nearest(images, (place,), NEAREST_OF_MANY, without=sha256)
            contents: dict[str, Neighbour] = {}
            for hit in hits:
                if hit.score >= least_score and hit.sha256 != sha256:
                    contents.setdefault(hit.sha256, hit)
            for hit in list(contents.values())[:NEAREST]:
                yield DirectedTie(images.ids[place], hit.id, hit.score)

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
