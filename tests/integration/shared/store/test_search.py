import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.errors import InvalidRequest, NotFound, Unavailable
from shared.settings import Settings
from shared.store.client import AsyncMilvusConnection
from shared.store.collections import Collections
from shared.store.image_writer import ImageWriter
from shared.store.search import VectorSearch
from tests.integration.conftest import Fill
from tests.integration.shared.store.samples import make_row, make_vectors


@pytest.fixture
async def search(settings: Settings) -> AsyncIterator[VectorSearch]:
    connection = AsyncMilvusConnection(settings)
    yield VectorSearch(connection)
    await connection.close()


async def test_hits_are_the_nearest_in_order(search: VectorSearch, empty: str, fill: Fill) -> None:
    rows = [make_row(n) for n in range(300)]
    vectors = fill(rows)
    cosines = vectors @ vectors[7]
    expected = np.argsort(-cosines)
    hits = await search.nearest(empty, vectors[7].tolist(), SearchParameters(top_k=20))
    assert [hit.row for hit in hits] == [rows[n] for n in expected[:20]]
    assert hits[0].score == 1.0
    assert hits[0].distance == 0.0
    for hit, n in zip(hits, expected, strict=False):
        assert hit.score == pytest.approx(cosines[n], abs=2e-6)
        assert hit.distance == pytest.approx(np.linalg.norm(vectors[7] - vectors[n]), abs=2e-3)


async def test_pages_continue_each_other(search: VectorSearch, empty: str, fill: Fill) -> None:
    vectors = fill([make_row(n) for n in range(700)])
    query = vectors[0].tolist()
    whole = await search.nearest(empty, query, SearchParameters(top_k=700))
    assert len(whole) == 700
    paged = []
    for offset in range(0, 800, 90):
        paged += await search.nearest(empty, query, SearchParameters(top_k=90, offset=offset))
    assert paged == whole
    assert await search.nearest(empty, query, SearchParameters(top_k=10, offset=100_000)) == []


async def test_equal_pictures_are_ordered_by_id_across_pages(
    search: VectorSearch, writer: ImageWriter, empty: str
) -> None:
    rows = [make_row(n) for n in range(120)]
    vectors = np.repeat(make_vectors(2), 60, axis=0)
    writer.upsert(empty, rows, vectors)
    paged = []
    for offset in range(0, 120, 7):
        paged += await search.nearest(
            empty, vectors[0].tolist(), SearchParameters(top_k=7, offset=offset)
        )
    same = sorted(row.id for row in rows[:60])
    other = sorted(row.id for row in rows[60:])
    assert [hit.row.id for hit in paged] == same + other
    assert {hit.score for hit in paged[:60]} == {1.0}


async def test_filters_scores_and_the_image_itself(
    search: VectorSearch, empty: str, fill: Fill
) -> None:
    rows = [make_row(n) for n in range(60)]
    vectors = fill(rows)
    query = vectors[4].tolist()
    hits = await search.nearest(
        empty, query, SearchParameters(top_k=60, filter=ImageFilter(tag="even"))
    )
    assert {hit.row.id for hit in hits} == {row.id for row in rows[::2]}
    hits = await search.nearest(
        empty,
        query,
        SearchParameters(top_k=5, filter=ImageFilter(path_prefix="/photos/1/")),
        exclude=rows[4].id,
    )
    assert len(hits) == 5
    assert all(hit.row.uri.startswith("file:///photos/1/") for hit in hits)
    assert rows[4] not in [hit.row for hit in hits]
    hits = await search.nearest(empty, query, SearchParameters(top_k=60, min_score=0.9999))
    assert [hit.row for hit in hits] == [rows[4]]
    hits = await search.nearest(empty, query, SearchParameters(top_k=60), exclude=rows[4].id)
    assert len(hits) == 59
    assert (
        await search.nearest(
            empty, query, SearchParameters(top_k=5, filter=ImageFilter(tag='x" or id != "'))
        )
        == []
    )


async def test_the_vector_of_an_image(search: VectorSearch, empty: str, fill: Fill) -> None:
    rows = [make_row(n) for n in range(3)]
    vectors = fill(rows)
    found = await search.vector_of(empty, rows[1].id)
    assert np.array_equal(np.asarray(found, np.float32), vectors[1])
    with pytest.raises(NotFound) as refusal:
        await search.vector_of(empty, "0" * 32)
    assert refusal.value.code == "image_not_found"


async def test_an_empty_collection_has_no_hits(search: VectorSearch, empty: str) -> None:
    assert (
        await search.nearest(empty, make_vectors(1)[0].tolist(), SearchParameters(top_k=10)) == []
    )


@pytest.mark.parametrize(
    "vector",
    [[1.0] * 511, [0.0] * DIMENSION, [float("nan")] * DIMENSION, [float("inf")] * DIMENSION, []],
)
async def test_a_vector_that_is_none(search: VectorSearch, empty: str, vector: list[float]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await search.nearest(empty, vector, SearchParameters(top_k=10))
    assert refusal.value.code == "invalid_vector"


async def test_unknown_and_away(search: VectorSearch, base_settings: Settings) -> None:
    vector = make_vectors(1)[0].tolist()
    with pytest.raises(NotFound) as refusal:
        await search.nearest("nothing_of_that_name", vector, SearchParameters(top_k=1))
    assert refusal.value.code == "collection_not_found"
    with pytest.raises(NotFound):
        await search.vector_of("nothing_of_that_name", "0" * 32)
    with pytest.raises(NotFound):
        await search.identity("nothing_of_that_name")
    connection = AsyncMilvusConnection(base_settings)
    nowhere = VectorSearch(connection)
    with pytest.raises(Unavailable):
        await nowhere.nearest("any", vector, SearchParameters(top_k=1))
    with pytest.raises(Unavailable):
        await nowhere.vector_of("any", "0" * 32)
    with pytest.raises(Unavailable):
        await nowhere.identity("any")
    await connection.close()


async def test_a_cancelled_search_holds_up_nobody(
    search: VectorSearch, writer: ImageWriter, empty: str, fill: Fill
) -> None:
    row = make_row(1)
    fill([row])
    with writer._milvus._collection_lock.reading(empty):
        waiting = asyncio.ensure_future(search.vector_of(empty, row.id))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(await search.vector_of(empty, row.id)) == DIMENSION


async def test_many_searches_share_one_connection(
    settings: Settings, collections: Collections, empty: str, fill: Fill
) -> None:
    vectors = fill([make_row(n) for n in range(20)])
    connection = AsyncMilvusConnection(settings)
    fresh = VectorSearch(connection)
    found = await asyncio.gather(
        *(fresh.nearest(empty, vector.tolist(), SearchParameters(top_k=1)) for vector in vectors)
    )
    assert [hits[0].row.bytes for hits in found] == [1000 + n for n in range(20)]
    await connection.close()


async def test_searches_that_come_together_find_what_each_finds_alone(
    search: VectorSearch, empty: str, fill: Fill
) -> None:
    vectors = fill([make_row(n) for n in range(200)])
    generation = (await search.identity(empty)).generation
    depths = [1, 10, 60, 150]

    async def one(number: int) -> dict[str, float]:
        wanted = SearchParameters(top_k=depths[number % 4], offset=number % 3)
        vector = vectors[number].tolist()
        hits = await search.nearest(empty, vector, wanted, generation=generation)
        return {hit.row.id: hit.score for hit in hits}

    alone = [await one(number) for number in range(40)]
    assert [len(hits) for hits in alone] == [depths[n % 4] for n in range(40)]
    together = await asyncio.gather(*(one(number) for number in range(40)))
    # A product of matrices rounds otherwise than one of a vector.
    for found, expected in zip(together, alone, strict=True):
        assert found == pytest.approx(expected, abs=2e-6)


async def test_a_generation_that_is_gone_is_found_out(
    search: VectorSearch, collections: Collections, empty: str, fill: Fill
) -> None:
    query = fill([make_row(1)])[0].tolist()
    before = await search.identity(empty)
    assert search.last_identity(empty) == before
    collections.drop(empty)
    with pytest.raises(NotFound) as refusal:
        await search.identity(empty)
    assert refusal.value.code == "collection_not_found"
    assert search.last_identity(empty) is None
    now = collections.create(empty, weights="untrained-1", pooling="avg").generation
    with pytest.raises(NotFound) as refusal:
        await search.nearest(empty, query, SearchParameters(), generation=before.generation)
    assert refusal.value.code == "collection_replaced"
    assert await search.nearest(empty, query, SearchParameters(), generation=now) == []


async def test_the_identity_is_that_of_the_collection(
    search: VectorSearch, collections: Collections, empty: str
) -> None:
    assert await search.identity(empty) == collections.identity(empty)
