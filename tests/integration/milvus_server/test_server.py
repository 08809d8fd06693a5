"""Collections on a real Milvus server, which is stricter than milvus-lite."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.domain.collection import IndexSpec
from shared.domain.facts import Facts
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.query import SearchParameters
from shared.errors import Conflict, NotFound
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.store import (
    AsyncMilvusConnection,
    Collections,
    ImageWriter,
    MilvusConnection,
    VectorSearch,
)
from shared.store.time_pagination import Order
from tests.integration.milvus_server.conftest import ServerStores
from tests.integration.shared.store.samples import make_row, make_vectors
from tests.services import MilvusServer, wait_until

pytestmark = pytest.mark.milvus_server


def test_a_collection_explains_itself(stores: ServerStores) -> None:
    info = stores.collections.get(stores.name)
    assert (info.description, info.pooling, info.count) == ("Ä", "avg", 0)
    assert info.index == IndexSpec(type="HNSW", params={"M": 16, "efConstruction": 200})
    assert info.state == "loaded"
    indexes = stores.collections._builder.indexes(stores.name)
    assert set(indexes) == {"vector", "uri", "sha256", "added_at"}
    with pytest.raises(Conflict):
        stores.collections.create(stores.name, weights="w", pooling="max")
    assert stores.collections.ensure(stores.name, weights="w", pooling="max") == info


@pytest.mark.parametrize("kind", ["FLAT", "IVF_FLAT", "IVF_SQ8", "SCANN", "DISKANN", "AUTOINDEX"])
async def test_every_known_index_finds(
    server_settings: Settings, collection: str, kind: str
) -> None:
    milvus = MilvusConnection(server_settings)
    collections, writer = Collections(milvus, server_settings), ImageWriter(milvus)
    spec = IndexSpec.model_validate({"type": kind})
    collections.create(collection, weights="w", pooling="avg", index=spec)
    rows, vectors = [make_row(n) for n in range(200)], make_vectors(200)
    writer.upsert(collection, rows, vectors)
    assert collections.count(collection) == 200
    searching = AsyncMilvusConnection(server_settings)
    search = VectorSearch(searching)
    hits = await search.nearest(collection, vectors[3].tolist(), SearchParameters(top_k=50))
    assert hits[0].row == rows[3]
    assert len(hits) == 50
    generation = (await search.identity(collection)).generation
    there = await search.nearest(
        collection, vectors[3].tolist(), SearchParameters(top_k=50), generation=generation
    )
    assert there == hits
    collections.drop(collection)
    collections.create(collection, weights="w", pooling="avg", index=spec)
    with pytest.raises(NotFound) as refusal:
        await search.nearest(
            collection, vectors[3].tolist(), SearchParameters(), generation=generation
        )
    assert refusal.value.code == "collection_replaced"
    await searching.close()
    collections.drop(collection)
    milvus.close()


def test_writing_again_replaces(stores: ServerStores) -> None:
    rows = [make_row(n) for n in range(10)]
    stores.writer.upsert(stores.name, rows, make_vectors(10))
    stores.collections.flush(stores.name)
    changed = [make_row(n, width=1) for n in range(10)]
    stores.writer.upsert(stores.name, [rows[0], *changed], make_vectors(11))
    assert stores.collections.count(stores.name) == 10
    found = stores.images.get_many(stores.name, [row.id for row in rows], strong=True)
    assert found == {row.id: row for row in changed}
    touched = changed[0].model_copy(update={"mtime_ns": 5})
    stores.writer.update_keeping_vector(stores.name, [touched])
    assert stores.images.get_many(stores.name, [touched.id], strong=True)[touched.id] == touched
    assert stores.images.update(stores.name, touched.id, tags=['"x"']).tags == ('"x"',)
    same = stores.writer.find_by_hash(stores.name, [rows[3].sha256])
    assert [file.id for file in same[rows[3].sha256]] == [rows[3].id]
    (stored,) = stores.writer.stored(stores.name, [changed[3].id]).values()
    assert stored.row == changed[3]


def test_pages_hold_every_image_once_in_order(stores: ServerStores) -> None:
    times = [n // 3 for n in range(1500)] + [10**9] * 700 + [10**15 + n**3 for n in range(300)]
    rows = [
        make_row(n, added_at=time, facts=Facts(taken_at=time - 10**9 if n % 7 else None))
        for n, time in enumerate(times)
    ]
    # Rows in sealed and in growing segments, some of them written twice, some deleted.
    stores.writer.upsert(stores.name, rows[:1600], make_vectors(1600))
    stores.collections.flush(stores.name)
    stores.writer.upsert(stores.name, rows[1000:], make_vectors(1500))
    assert stores.images.delete(stores.name, [rows[0].id, rows[2000].id, "0" * 32]) == 2
    rows = [row for n, row in enumerate(rows) if n not in (0, 2000)]
    assert stores.collections.count(stores.name) == len(rows)
    orders: dict[Order, Callable[[ImageRow], Any]] = {
        "id": lambda row: row.id,
        "added_at": lambda row: (row.added_at, row.id),
        "-added_at": lambda row: (-row.added_at, row.id),
        "-taken_at": lambda row: (row.facts.taken_at is None, -(row.facts.taken_at or 0), row.id),
    }
    for order, key in orders.items():
        for wanted in (ImageFilter(), ImageFilter(tag="even", path_prefix="/photos/1/")):
            found: list[ImageRow] = []
            cursor = None
            while True:
                page, cursor = stores.images.page(stores.name, wanted, order, cursor, 310)
                found += page
                if cursor is None:
                    break
            expected = [
                row
                for row in rows
                if wanted.empty or ("even" in row.tags and row.uri.startswith("file:///photos/1/"))
            ]
            assert found == sorted(expected, key=key)
    assert stores.images.delete_matching(stores.name, ImageFilter(path_prefix="/photos/2/")) > 0
    left = stores.collections.count(stores.name)
    assert left == sum(not row.uri.startswith("file:///photos/2/") for row in rows)


async def test_searches_are_exact_in_order_and_pages(
    stores: ServerStores, server_settings: Settings
) -> None:
    rows = [make_row(n) for n in range(600)]
    vectors = make_vectors(600)
    vectors[100:140] = vectors[100]
    stores.writer.upsert(stores.name, rows, vectors)
    stores.images.get_many(stores.name, [rows[0].id], strong=True)
    searching = AsyncMilvusConnection(server_settings)
    search = VectorSearch(searching)
    hits = await search.nearest(stores.name, vectors[100].tolist(), SearchParameters(top_k=50))
    same = sorted(row.id for row in rows[100:140])
    assert [hit.row.id for hit in hits[:40]] == same
    paged = []
    for offset in range(0, 50, 7):
        paged += await search.nearest(
            stores.name, vectors[100].tolist(), SearchParameters(top_k=7, offset=offset)
        )
    assert paged[:50] == hits
    cosines = vectors @ vectors[100]
    for hit in hits:
        index = rows.index(hit.row)
        assert hit.score == pytest.approx(float(cosines[index]), abs=2e-6)
    filtered = await search.nearest(
        stores.name,
        vectors[5].tolist(),
        SearchParameters(top_k=10, filter=ImageFilter(tag="even"), min_score=-1),
    )
    assert all("even" in hit.row.tags for hit in filtered)
    assert len(filtered) == 10
    assert np.allclose(await search.vector_of(stores.name, rows[5].id), vectors[5])
    assert (
        await search.nearest(
            stores.name, vectors[0].tolist(), SearchParameters(top_k=5, offset=50_000)
        )
        == []
    )
    with pytest.raises(NotFound):
        await search.nearest("nothing_of_that_name", vectors[0].tolist(), SearchParameters(top_k=1))
    await searching.close()


def test_hostile_text(stores: ServerStores) -> None:
    names = ['a"b', "a'b\\", "100%_", "new\nline\t\r", "漢字😀", "\x01\x7f"]
    rows = [
        make_row(n, uri=file_uri(f"/photos/{name}"), tags=(name,)) for n, name in enumerate(names)
    ]
    stores.writer.upsert(stores.name, rows, make_vectors(len(rows)))
    stores.images.get_many(stores.name, [rows[0].id], strong=True)
    for row in rows:
        for wanted in (ImageFilter(path_prefix=row.uri), ImageFilter(tag=row.tags[0])):
            assert stores.images.page(stores.name, wanted, "id", None, 10) == ([row], None)


async def test_a_released_collection_and_a_killed_server(
    stores: ServerStores, server_settings: Settings, milvus_server: MilvusServer
) -> None:
    rows, vectors = [make_row(n) for n in range(300)], make_vectors(300)
    stores.writer.upsert(stores.name, rows, vectors)
    searching = AsyncMilvusConnection(server_settings)
    search = VectorSearch(searching)
    stores.collections._milvus.run(lambda client: client.release_collection(stores.name))
    assert stores.collections.get(stores.name).state == "not_loaded"
    hits = await search.nearest(stores.name, vectors[1].tolist(), SearchParameters(top_k=1))
    assert hits[0].row == rows[1]
    stores.collections._milvus.run(lambda client: client.release_collection(stores.name))
    assert stores.images.get(stores.name, rows[0].id) == rows[0]

    milvus_server.kill()
    milvus_server.start()
    wait_until(
        lambda: stores.collections.count(stores.name) == 300, 240, "the collection after a kill"
    )
    hits = await search.nearest(stores.name, vectors[2].tolist(), SearchParameters(top_k=1))
    assert hits[0].row == rows[2]
    await searching.close()
