"""Regions beside the images of a collection: found with them, gone with them, never counted."""

from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from shared.domain.collection import CollectionInfo
from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.domain.regions import REGIONS
from shared.errors import NotFound
from shared.settings import Settings
from shared.store import (
    AsyncMilvusConnection,
    Collections,
    Images,
    ImageWriter,
    MilvusConnection,
    PictureRegions,
    RefinedSearch,
    Regions,
)
from shared.store.generations import regions_of
from tests.integration.shared.store.samples import Vectors, make_row, make_vectors

ROWS = [make_row(n) for n in range(6)]
VECTORS = make_vectors(6)
K = len(REGIONS)
#: Of image n those from K·n on.
PARTS = make_vectors(6 * K, seed=1)


@pytest.fixture
def regions(connection: MilvusConnection) -> Regions:
    return Regions(connection)


@pytest.fixture
def made(
    collections: Collections, writer: ImageWriter, regions: Regions, collection: str
) -> Iterator[CollectionInfo]:
    """A collection of six images with regions."""
    info = collections.create(collection, weights="untrained-1", pooling="avg", regions=True)
    regions.write(collection, info.generation, [pictures(n) for n in range(6)])
    writer.upsert(collection, ROWS, VECTORS, info.generation)
    yield info
    if collection in collections.names():
        collections.drop(collection)


def pictures(number: int, sha256: str = "", vectors: Vectors | None = None) -> PictureRegions:
    row = ROWS[number]
    parts = PARTS[K * number :][:K] if vectors is None else vectors
    return PictureRegions(row.id, sha256 or row.sha256, parts)


@pytest.fixture
async def search(settings: Settings) -> AsyncIterator[RefinedSearch]:
    opened = AsyncMilvusConnection(settings)
    yield RefinedSearch(opened)
    await opened.close()


def part(number: int, region: int) -> list[float]:
    found: list[float] = PARTS[K * number + region].tolist()
    return found


async def test_a_part_finds_its_picture(made: CollectionInfo, search: RefinedSearch) -> None:
    for number in range(6):
        for region in range(K):
            hits = await search.nearest(
                made.name, part(number, region), SearchParameters(), generation=made.generation
            )
            assert (hits[0].row, hits[0].region) == (ROWS[number], region)
            assert hits[0].score > 0.9999
            assert len({hit.row.id for hit in hits}) == len(hits) == 6
    (hit, *_) = await search.nearest(
        made.name, VECTORS[2].tolist(), SearchParameters(), generation=made.generation
    )
    assert (hit.row, hit.region) == (ROWS[2], None)


async def test_filters_and_pages_hold_for_what_a_part_finds(
    made: CollectionInfo, search: RefinedSearch
) -> None:
    async def find(number: int, **wanted: object) -> list[str]:
        parameters = SearchParameters.model_validate(wanted)
        hits = await search.nearest(
            made.name, part(number, 1), parameters, generation=made.generation
        )
        return [hit.row.id for hit in hits]

    even = ImageFilter(tag="even")
    assert set(await find(1, filter=even)) == {row.id for row in ROWS[::2]}
    assert (await find(2, filter=even))[0] == ROWS[2].id
    assert await find(2, filter=ImageFilter(tag="none")) == []
    everything = await find(3)
    pages = [await find(3, top_k=2, offset=offset) for offset in (0, 2, 4)]
    assert [image for page in pages for image in page] == everything
    assert await find(3, min_score=0.99) == [ROWS[3].id]


def test_regions_are_no_images(
    made: CollectionInfo, collections: Collections, images: Images, regions: Regions
) -> None:
    assert made.regions
    assert collections.identity(made.name).regions
    assert collections.count(made.name) == 6
    assert regions_of(made.generation) not in collections.names()
    assert {row.id for batch in images.iterate(made.name, ImageFilter()) for row in batch} == {
        row.id for row in ROWS
    }
    assert regions.count(made.name, made.generation) == 6 * K
    # Written again, as by a second try of a chunk, they are as many.
    regions.write(made.name, made.generation, [pictures(0), pictures(0)])
    assert regions.count(made.name, made.generation) == 6 * K


def test_they_go_with_their_images(
    made: CollectionInfo, writer: ImageWriter, images: Images, regions: Regions
) -> None:
    writer.delete(made.name, [ROWS[0].id, "0" * 32], made.generation)
    writer.delete(made.name, [ROWS[1].id])
    assert images.delete(made.name, [ROWS[2].id]) == 1
    assert images.delete_matching(made.name, ImageFilter(uri=ROWS[3].uri)) == 1
    assert regions.count(made.name, made.generation) == 2 * K
    left = {row.id: row.sha256 for row in ROWS}
    assert set(regions.read(made.name, made.generation, left)) == {ROWS[4].id, ROWS[5].id}


async def test_without_their_image_they_are_not_found(
    made: CollectionInfo, search: RefinedSearch, connection: MilvusConnection, regions: Regions
) -> None:
    # As a process leaves it that is killed between the two.
    connection.delete(made.name, [ROWS[0].id], made.generation)
    before = make_vectors(K, seed=9)
    regions.write(made.name, made.generation, [pictures(1, "f" * 64, before)])
    for query in (part(0, 0), before[0].tolist()):
        hits = await search.nearest(
            made.name, query, SearchParameters(), generation=made.generation
        )
        assert ROWS[0].id not in [hit.row.id for hit in hits]
        assert hits[0].score < 0.5
    assert regions.read(made.name, made.generation, {ROWS[1].id: ROWS[1].sha256}) == {}
    known = regions.read(made.name, made.generation, {ROWS[1].id: "f" * 64})
    assert np.array_equal(known[ROWS[1].id], before)


def test_a_dropped_collection_takes_them_along(
    made: CollectionInfo,
    collections: Collections,
    connection: MilvusConnection,
    regions: Regions,
) -> None:
    def there() -> bool:
        name = regions_of(made.generation)
        return bool(connection.run(lambda client: client.has_collection(name)))

    assert there()
    collections.drop(made.name)
    assert not there()
    again = collections.create(made.name, weights="untrained-1", pooling="avg", regions=True)
    for generation in (made.generation, "g0"):
        with pytest.raises(NotFound) as refusal:
            regions.write(made.name, generation, [pictures(0)])
        assert refusal.value.code == "collection_replaced"
    assert regions.count(made.name, again.generation) == 0


def test_a_drop_that_was_interrupted_is_finished(
    made: CollectionInfo, collections: Collections, connection: MilvusConnection
) -> None:
    connection.run(lambda client: client.drop_collection(regions_of(made.generation)))
    collections.drop(made.name, made.generation)
    assert made.name not in collections.names()


def test_a_creation_that_was_interrupted_is_completed(
    made: CollectionInfo, collections: Collections, connection: MilvusConnection, regions: Regions
) -> None:
    connection.run(lambda client: client.release_collection(made.name))
    connection.run(lambda client: client.drop_collection(regions_of(made.generation)))
    assert collections.ensure(made.name, weights="untrained-1", pooling="avg").regions
    regions.write(made.name, made.generation, [pictures(0)])
    assert regions.count(made.name, made.generation) == K


def test_images_with_regions_are_listed_in_order(made: CollectionInfo, regions: Regions) -> None:
    ids = sorted(row.id for row in ROWS)
    assert regions.images_after(made.name, made.generation, "") == ids
    assert regions.images_after(made.name, made.generation, ids[2]) == ids[3:]
    assert regions.images_after(made.name, made.generation, ids[-1]) == []
