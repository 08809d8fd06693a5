"""Regions on a real Milvus server."""

import pytest

from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.domain.regions import REGIONS
from shared.settings import Settings
from shared.store import AsyncMilvusConnection, PictureRegions, RefinedSearch, Regions
from shared.store.generations import regions_of
from tests.integration.milvus_server.conftest import ServerStores
from tests.integration.shared.store.samples import make_row, make_vectors

pytestmark = pytest.mark.milvus_server

K = len(REGIONS)


async def test_parts_find_their_pictures_and_go_with_them(
    stores: ServerStores, server_settings: Settings
) -> None:
    name = f"{stores.name}_parts"
    info = stores.collections.create(name, weights="w", pooling="avg", regions=True)
    assert info.state == "loaded"
    rows, parts, regions = (
        [make_row(n) for n in range(50)],
        make_vectors(50 * K, 1),
        Regions(stores.milvus),
    )
    pictures = [
        PictureRegions(row.id, row.sha256, parts[K * n :][:K]) for n, row in enumerate(rows)
    ]
    for _ in range(2):
        regions.write(name, info.generation, pictures)
        stores.writer.upsert(name, rows, make_vectors(50), info.generation)
    # Strong counts: what follows sees every write before them.
    assert regions.count(name, info.generation) == 50 * K
    assert stores.collections.count(name) == 50
    assert regions_of(info.generation) not in stores.collections.names()

    searching = AsyncMilvusConnection(server_settings)
    search = RefinedSearch(searching)
    for number in (0, 7, 49):
        wanted = SearchParameters(top_k=3)
        query = parts[K * number + 1].tolist()
        hits = await search.nearest(name, query, wanted, generation=info.generation)
        assert (hits[0].row, hits[0].region) == (rows[number], 1)
        odd = SearchParameters(filter=ImageFilter(tag="even"))
        hits = await search.nearest(name, query, odd, generation=info.generation)
        assert (hits[0].row == rows[number]) == (number % 2 == 0)
    await searching.close()

    assert stores.images.delete(name, [row.id for row in rows[:10]]) == 10
    assert regions.count(name, info.generation) == 40 * K
    stores.collections.flush(name)
    stores.collections.drop(name)
    there = stores.milvus.run(lambda client: client.has_collection(regions_of(info.generation)))
    assert not there
