"""Searches of collections with regions: a detail finds the whole picture that it is a part of.

An image's score is the best of its own and of its regions'. Only the nearest regions are looked
at, the same ones for every page of a search, so that pages fit together.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pymilvus import AsyncMilvusClient

from shared.domain.query import SearchParameters
from shared.errors import NotFound, collection_replaced
from shared.store.client import READ_SECONDS
from shared.store.expressions import and_, in_
from shared.store.filters import filter_expression
from shared.store.gathering import Target
from shared.store.generations import regions_of
from shared.store.indexes import search_params
from shared.store.ranking import Ranking, score_of
from shared.store.search import VectorSearch

#: So many of the regions nearest to a query are looked at, and more where a filter leaves some out.
NEAREST_REGIONS = 256
NEAREST_WITH_FILTER = 1024
#: Where a filter leaves no more images than this, only their regions are searched; otherwise those
#: of all images, and what does not match is left out afterwards.
FEW_IMAGES = 1000
_LEAST_ASKED = 16
_FIELDS = ("image", "region", "sha256")


class Part(NamedTuple):
    """The region of an image that is nearest to a query, by its number; `sha256` is of the image.

    It counts if the image has this content still.
    """

    score: float
    region: int
    sha256: str


class RegionSearch(VectorSearch):
    """As `VectorSearch`; with a generation, regions of the collection count in `nearest`."""

    async def _rank(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        *,
        exclude: str | None,
        generation: str,
        home: str,
        fields: tuple[str, ...],
    ) -> Ranking:
        # Before there is a search to wait for: both may raise.
        has_regions = await self._has_regions(collection, generation)
        expression = filter_expression(parameters.filter)
        whole = super()._rank(
            collection,
            vector,
            parameters,
            exclude=exclude,
            generation=generation,
            home=home,
            fields=fields,
        )
        if not has_regions:
            return await whole
        ranking, (parts, matching) = await asyncio.gather(
            whole,
            self._nearest_parts(
                collection, home, generation, vector, expression, parameters.index_params
            ),
        )
        parts.pop(exclude or "", None)
        wanted = parameters.offset + parameters.top_k
        last = ranking.scored[-1][0] if len(ranking.scored) >= wanted else -1.0
        # Of the others not even the region is as near as the last whole image.
        unknown = [
            image
            for image, part in parts.items()
            if image not in ranking.contents and part.score >= last
        ]
        if matching is None:
            # As `merge` orders them: what is asked about for a page is what the last one asked
            # about, and more, however many have the same score.
            unknown.sort(key=lambda image: (-parts[image].score, image))
            first = {image: parts[image].sha256 for image in unknown}
            matching = await self._first_contents(home or collection, first, expression, wanted)
        others = {image: matching[image] for image in unknown if image in matching}
        return merge(ranking, others, parts)

    async def _has_regions(self, collection: str, generation: str) -> bool:
        if not generation:
            return False
        known = self.last_identity(collection)
        if known is None or known.generation != generation:
            known = await self.identity(collection)
        return known.regions and known.generation == generation

    async def _nearest_parts(
        self,
        collection: str,
        home: str,
        generation: str,
        vector: Sequence[float],
        expression: str,
        index_params: Mapping[str, int | float],
    ) -> tuple[dict[str, Part], Mapping[str, str] | None]:
        """The nearest region of each image, and the contents of images that match, if few do."""
        few = await self._few(home or collection, expression) if expression else None
        if few is not None and not few:
            return {}, few
        limit = NEAREST_WITH_FILTER if expression else NEAREST_REGIONS
        target = Target(
            regions_of(home or generation),
            "",
            "" if few is None else in_("image", sorted(few)),
            _FIELDS,
            tuple(search_params(limit, index_params).items()),
        )
        try:
            found = await self._gathered.nearest(target, vector, limit)
        except NotFound as error:
            raise collection_replaced(collection) from error
        parts: dict[str, Part] = {}
        for hit in found:
            row, score = hit["entity"], score_of(hit["distance"])
            best = parts.get(row["image"])
            if best is None or (score, -row["region"]) > (best.score, -best.region):
                parts[row["image"]] = Part(score, row["region"], row["sha256"])
        return parts, few

    async def _few(self, collection: str, expression: str) -> dict[str, str] | None:
        """The contents of the images that match, by id; None if they are many."""
        found = await self._ask(collection, expression, FEW_IMAGES + 1)
        return found if len(found) <= FEW_IMAGES else None

    async def _first_contents(
        self, collection: str, regions: Mapping[str, str], expression: str, wanted: int
    ) -> dict[str, str]:
        """The contents of the first `wanted` of some images, at least, that are there and match.

        `regions` are the contents of the images' regions, by id. An image of another content than
        its regions counts for nothing: it is no hit by them.
        """
        images = list(regions)
        # Without a filter nearly all are.
        size = len(images) if expression else max(wanted, _LEAST_ASKED)
        found: dict[str, str] = {}
        for start in range(0, len(images), max(size, 1)):
            asked = images[start : start + size]
            rows = await self._ask(collection, and_(expression, in_("id", asked)), len(asked))
            found |= {
                image: content for image, content in rows.items() if regions[image] == content
            }
            if len(found) >= wanted:
                break
        return found

    async def _ask(self, collection: str, expression: str, limit: int) -> dict[str, str]:
        async def query(client: AsyncMilvusClient) -> Any:
            return await client.query(
                collection,
                filter=expression,
                output_fields=["id", "sha256"],
                limit=limit,
                timeout=READ_SECONDS,
            )

        # As searches, and unlike reads of rows, without milvus-lite's lock: loads hold it for long,
        # and a row that is being flushed is missed once.
        rows = await self._milvus.run(query, collection)
        return {row["id"]: row["sha256"] for row in rows}


def merge(whole: Ranking, others: Mapping[str, str], parts: Mapping[str, Part]) -> Ranking:
    """The images by their own score or that of their nearest region, whichever is better.

    `others` are the contents of images that match and are not among the ranked ones: their own
    scores are lower than all of those. A region of another content counts for nothing.
    """
    scores = {image: score for score, image in whole.scored}
    contents = {**whole.contents, **others}
    regions: dict[str, int] = {}
    for image, part in parts.items():
        if contents.get(image) == part.sha256 and part.score > scores.get(image, -1.0):
            scores[image], regions[image] = part.score, part.region
    ranked = sorted((-score, image) for image, score in scores.items())
    return Ranking([(-score, image) for score, image in ranked], contents, whole.rows, regions)
