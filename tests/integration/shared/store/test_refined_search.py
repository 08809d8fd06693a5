"""Expanded and re-ranked searches find what the same arithmetic over every row finds."""

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from shared.domain.filter import Filter
from shared.domain.image import Hit, ImageFilter
from shared.domain.query import SearchParameters
from shared.settings import Settings
from shared.store import AsyncMilvusConnection, ImageWriter, RefinedSearch
from shared.store.query_expansion import expand
from shared.store.refined_search import RERANKED
from shared.store.reranking import k_reciprocal_order
from tests.integration.conftest import Fill
from tests.integration.shared.store.samples import Vectors, make_row, make_vectors

ROWS = 300
EVEN = ImageFilter(where=Filter.model_validate({"must": [{"field": "tags", "any": ["even"]}]}))


@pytest.fixture
async def search(settings: Settings) -> AsyncIterator[RefinedSearch]:
    connection = AsyncMilvusConnection(settings)
    yield RefinedSearch(connection)
    await connection.close()


def clustered(count: int) -> Vectors:
    dice = np.random.default_rng(count)
    vectors = make_vectors(5)[dice.integers(5, size=count)] + 0.9 * make_vectors(count, 1)
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture
def stored(writer: ImageWriter, empty: str) -> Vectors:
    vectors = clustered(ROWS)
    writer.upsert(empty, [make_row(n) for n in range(ROWS)], vectors)
    return vectors


def nearest(vectors: Vectors, query: Vectors, among: Sequence[int]) -> list[int]:
    return sorted(among, key=lambda n: -float(vectors[n] @ query))


def numbers(hits: Sequence[Hit]) -> list[int]:
    return [hit.row.metadata["index"] for hit in hits]


async def test_an_expanded_query_counts_filtered_neighbours_alone(
    search: RefinedSearch, empty: str, stored: Vectors
) -> None:
    even = range(0, ROWS, 2)
    query = stored[7]
    near = nearest(stored, query, even)[:4]
    target = expand(query.astype(float), stored[near].astype(float)).astype(np.float32)
    wanted = SearchParameters(top_k=20, offset=2, expand=4, filter=EVEN)

    # A query of another length counts as much.
    hits = await search.nearest(empty, (3 * query).tolist(), wanted)

    assert numbers(hits) == nearest(stored, target, even)[2:22]
    scores = [hit.score for hit in hits]
    assert scores == pytest.approx([float(stored[n] @ target) for n in numbers(hits)], abs=2e-6)
    plain = wanted.model_copy(update={"expand": 0})
    assert scores != [hit.score for hit in await search.nearest(empty, query.tolist(), plain)]


async def test_neighbours_are_hits_above_the_least_score(
    search: RefinedSearch, empty: str, stored: Vectors
) -> None:
    query = make_vectors(1, 9)[0]
    wanted = SearchParameters(min_score=0.9, expand=10)
    assert await search.nearest(empty, query.tolist(), wanted) == []
    (own,) = await search.nearest(
        empty, stored[3].tolist(), wanted.model_copy(update={"min_score": 0.999})
    )
    assert own.row == make_row(3)
    assert own.score == 1.0


async def test_the_first_hits_are_reordered_and_the_rest_follow(
    search: RefinedSearch, empty: str, stored: Vectors
) -> None:
    query, own = stored[11], make_row(11).id
    order = nearest(stored, query, [n for n in range(ROWS) if n != 11])
    first = order[:RERANKED]
    places = k_reciprocal_order(query.astype(float), stored[first].astype(float))
    expected = [*(first[place] for place in places), *order[RERANKED:]]
    assert expected != order

    async def ask(**changes: float) -> list[Hit]:
        wanted = SearchParameters(rerank="k_reciprocal").model_copy(update=changes)
        return await search.nearest(empty, query.tolist(), wanted, exclude=own)

    everything = await ask(top_k=ROWS)
    assert numbers(everything) == expected
    for hit in everything:
        assert hit.score == pytest.approx(float(stored[numbers([hit])[0]] @ query), abs=2e-6)
    for offset, top_k in [(0, 5), (5, 10), (190, 10), (195, 20), (199, 1), (200, 5), (250, 100)]:
        assert numbers(await ask(offset=offset, top_k=top_k)) == expected[offset : offset + top_k]
    least = sorted((hit.score for hit in everything), reverse=True)[30]
    above = [hit for hit in everything if hit.score >= least]
    assert numbers(await ask(top_k=10, offset=5, min_score=least)) == numbers(above[5:15])


async def test_both_with_distinct_contents(
    search: RefinedSearch, empty: str, writer: ImageWriter
) -> None:
    vectors = np.repeat(clustered(20), 3, axis=0)
    rows = [make_row(n, sha256=f"{n // 3:064x}") for n in range(len(vectors))]
    writer.upsert(empty, rows, vectors)
    wanted = SearchParameters(top_k=50, expand=3, rerank="k_reciprocal", distinct=True)

    hits = await search.nearest(empty, vectors[0].tolist(), wanted)

    assert len(hits) == len({hit.row.sha256 for hit in hits}) == 20
    assert hits[0].row.sha256 == rows[0].sha256


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_few_rows(search: RefinedSearch, empty: str, fill: Fill, count: int) -> None:
    rows = [make_row(n) for n in range(count)]
    if rows:
        fill(rows)
    wanted = SearchParameters(expand=50, rerank="k_reciprocal")
    hits = await search.nearest(empty, make_vectors(1, 5)[0].tolist(), wanted)
    assert {hit.row.id for hit in hits} == {row.id for row in rows}
