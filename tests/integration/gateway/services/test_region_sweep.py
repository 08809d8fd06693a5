"""Regions that killed processes left without their images are deleted, and no others."""

from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from gateway.services.region_sweep import RegionSweep
from shared.domain.collection import CollectionInfo
from shared.domain.regions import REGIONS
from shared.ledger import RowLock, RowLocks
from shared.redis import RedisClient
from shared.store import Collections, ImageWriter, MilvusConnection, PictureRegions, Regions
from tests.integration.shared.store.samples import make_row, make_vectors

K = len(REGIONS)
ROWS = [make_row(n) for n in range(4)]


@pytest.fixture
def made(
    collections: Collections, writer: ImageWriter, connection: MilvusConnection, collection: str
) -> Iterator[CollectionInfo]:
    """A collection with regions of four images, two of which have no row."""
    info = collections.create(collection, weights="untrained-1", pooling="avg", regions=True)
    pictures = [PictureRegions(row.id, row.sha256, make_vectors(K)) for row in ROWS]
    Regions(connection).write(collection, info.generation, pictures)
    writer.upsert(collection, ROWS[:2], make_vectors(2), info.generation)
    yield info
    collections.drop(collection)


def images_of(info: CollectionInfo, connection: MilvusConnection) -> set[str]:
    return set(Regions(connection).images_after(info.name, info.generation, ""))


def test_only_regions_without_an_image_go(
    made: CollectionInfo, open_region_sweep: Callable[[], RegionSweep], connection: MilvusConnection
) -> None:
    with capture_logs() as logs:
        open_region_sweep().sweep()
        open_region_sweep().sweep()
    assert images_of(made, connection) == {row.id for row in ROWS[:2]}
    assert Regions(connection).count(made.name, made.generation) == 2 * K
    (line,) = (line for line in logs if line.get("collection") == made.name)
    assert (line["event"], line["images"]) == ("regions_swept", 2)


def test_what_a_load_is_writing_stays(
    made: CollectionInfo,
    open_region_sweep: Callable[[], RegionSweep],
    connection: MilvusConnection,
    redis: RedisClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.ledger.row_locks._WAIT_SECONDS", 0.0)
    with RowLocks(redis).hold(RowLock(made.name, [ROWS[3].id], "a load")):
        open_region_sweep().sweep()
    assert images_of(made, connection) == {row.id for row in ROWS}
    open_region_sweep().sweep()
    assert images_of(made, connection) == {row.id for row in ROWS[:2]}
