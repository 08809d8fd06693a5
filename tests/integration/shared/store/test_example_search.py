"""Searches by several examples find what a comparison with every row finds."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest

from shared.domain.filter import Filter
from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.errors import InvalidRequest, NotFound
from shared.settings import Settings
from shared.store import AsyncMilvusConnection, ExampleSearch, ImageWriter
from tests.integration.conftest import Fill
from tests.integration.shared.store.samples import Vectors, make_row, make_vectors

ROWS = 400


@pytest.fixture
async def search(settings: Settings) -> AsyncIterator[ExampleSearch]:
    connection = AsyncMilvusConnection(settings)
    yield ExampleSearch(connection)
    await connection.close()


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of few candidates, so that these collections take several."""
    monkeypatch.setattr("shared.store.example_search._FIRST_DEPTH", 4)


def clustered(seed: int) -> Vectors:
    """Vectors around a few directions, as alike pictures are, without a negative component."""
    dice = np.random.default_rng(seed)
    centres = np.abs(make_vectors(5, seed))
    vectors = centres[dice.integers(5, size=ROWS)] + 0.6 * np.abs(make_vectors(ROWS, seed + 1))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def expected(rows: Vectors, likes: Vectors, dislikes: Vectors) -> list[float]:
    good = (rows @ likes.T).max(axis=1) if len(likes) else np.full(len(rows), -np.inf)
    bad = (rows @ dislikes.T).max(axis=1) if len(dislikes) else np.full(len(rows), -np.inf)
    found: list[float] = sorted(np.where(good > bad, good, -(bad**2)).tolist(), reverse=True)
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("likes", "dislikes"), [(1, 0), (3, 0), (1, 1), (2, 3), (0, 1), (0, 3), (4, 1)]
)
async def test_the_best_score_is_that_of_all_rows(
    search: ExampleSearch, empty: str, writer: ImageWriter, seed: int, likes: int, dislikes: int
) -> None:
    vectors = clustered(seed)
    writer.upsert(empty, [make_row(n) for n in range(ROWS)], vectors)
    examples = clustered(seed + 50)[: likes + dislikes]
    good, bad = examples[:likes], examples[likes:]
    scores = expected(vectors, good, bad)

    for top_k, offset in [(1, 0), (10, 0), (10, 25), (ROWS, 0)]:
        wanted = SearchParameters(top_k=top_k, offset=offset)
        hits = await search.best_score(empty, good.tolist(), bad.tolist(), wanted)
        found = [hit.score for hit in hits]
        assert found == pytest.approx(scores[offset : offset + top_k], abs=1e-5)
        assert [(-hit.score, hit.row.id) for hit in hits] == sorted(
            (-hit.score, hit.row.id) for hit in hits
        )


async def test_the_best_score_under_a_filter_and_of_distinct_contents(
    search: ExampleSearch, empty: str, fill: Fill
) -> None:
    rows = [make_row(n, sha256=f"{n // 4:064x}", width=n) for n in range(40)]
    vectors = fill(rows)
    given: dict[str, Any] = {"must": [{"field": "width", "range": {"lt": 20}}]}
    wanted = SearchParameters(filter=ImageFilter(where=Filter.model_validate(given)), top_k=30)
    hits = await search.best_score(empty, [vectors[30].tolist()], [vectors[3].tolist()], wanted)
    assert {hit.row.width for hit in hits} == set(range(20))
    distinct = wanted.model_copy(update={"distinct": True})
    hits = await search.best_score(empty, [vectors[30].tolist()], [], distinct)
    assert len({hit.row.sha256 for hit in hits}) == len(hits) == 5


async def test_distinct_hits_are_as_many_as_are_wanted(
    search: ExampleSearch, empty: str, writer: ImageWriter
) -> None:
    """Copies stand together, so that the first look finds few contents."""
    contents = make_vectors(12)
    order = np.argsort(-(contents @ contents[0]))
    rows = [make_row(n, sha256=f"{n // 20:064x}") for n in range(240)]
    writer.upsert(empty, rows, np.repeat(contents, 20, axis=0))

    async def find(**parameters: Any) -> Sequence[str]:
        wanted = SearchParameters(distinct=True, **parameters)
        hits = await search.nearest(empty, contents[0].tolist(), wanted)
        return [hit.row.sha256 for hit in hits]

    in_order = [f"{n:064x}" for n in order]
    assert await find(top_k=5) == in_order[:5]
    assert await find(top_k=5, offset=5) == in_order[5:10]
    assert await find(top_k=100) == in_order
    assert await find(top_k=100, min_score=0.999) == in_order[:1]


async def test_vectors_by_id(search: ExampleSearch, empty: str, fill: Fill) -> None:
    vectors = fill([make_row(n) for n in range(3)])
    ids = [make_row(2).id, make_row(0).id, make_row(2).id]
    found = await search.vectors_of(empty, ids)
    assert list(found) == ids[:2]
    assert found[ids[0]] == vectors[2].tolist()
    assert await search.vectors_of(empty, []) == {}
    # A hit may be deleted before its vector is read.
    assert set(await search.find_vectors(empty, ["0" * 32, ids[1]])) == {ids[1]}
    with pytest.raises(NotFound) as refusal:
        await search.vectors_of(empty, ["0" * 32])
    assert refusal.value.code == "image_not_found"


async def test_a_search_has_an_end(search: ExampleSearch, empty: str) -> None:
    many = make_vectors(20).tolist()
    with pytest.raises(InvalidRequest) as refusal:
        await search.best_score(empty, many, [], SearchParameters(top_k=1000))
    assert refusal.value.code == "window_too_large"
    assert await search.best_score(empty, many, many, SearchParameters()) == []


async def test_no_more_is_looked_at_than_a_least_score_needs(
    search: ExampleSearch, empty: str, writer: ImageWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Milvus's nearest ones say already that no other has that score."""
    vectors = clustered(1)
    writer.upsert(empty, [make_row(n) for n in range(ROWS)], vectors)
    depths = []
    candidates = search._candidates

    async def counted(*arguments: Any) -> Any:
        depths.append(arguments[-1])
        return await candidates(*arguments)

    monkeypatch.setattr(search, "_candidates", counted)
    wanted = SearchParameters(top_k=2, min_score=0.9999)
    (hit,) = await search.best_score(empty, vectors[:1].tolist(), [], wanted)
    assert hit.score == pytest.approx(1.0)
    assert depths == [4]


async def test_a_collection_of_another_generation_is_not_searched(
    search: ExampleSearch, empty: str, fill: Fill
) -> None:
    fill([make_row(n) for n in range(3)])
    example, wanted = make_vectors(1, 5).tolist(), SearchParameters(top_k=2)
    for generation in ("", (await search.identity(empty)).generation):
        assert await search.best_score(empty, example, [], wanted, generation=generation)
    with pytest.raises(NotFound) as refusal:
        await search.best_score(empty, example, [], wanted, generation="of another")
    assert refusal.value.code == "collection_replaced"
