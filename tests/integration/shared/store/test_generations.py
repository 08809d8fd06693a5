"""Collections that are dropped and made again, and those of versions without generations."""

from collections.abc import Callable

import pytest

from shared.domain.fingerprint import fingerprint
from shared.domain.image import ImageFilter
from shared.errors import NotFound
from shared.store import Collections, Images, ImageWriter, MilvusConnection
from shared.store.properties import to_milvus
from shared.store.schema import collection_schema
from tests.integration.shared.store.samples import make_row, make_vectors

ROWS = [make_row(n) for n in range(4)]
VECTORS = make_vectors(4)


def test_each_writer_of_an_earlier_generation_is_refused(
    collections: Collections, images: Images, writer: ImageWriter, empty: str
) -> None:
    before = collections.identity(empty).generation
    writer.upsert(empty, ROWS[:2], VECTORS[:2], before)
    collections.drop(empty)
    made = collections.create(empty, weights="untrained-1", pooling="avg")
    assert made.generation not in ("", before)
    writer.upsert(empty, ROWS[2:], VECTORS[2:], made.generation)

    writes: tuple[Callable[[], None], ...] = (
        lambda: writer.upsert(empty, ROWS[:2], VECTORS[:2], before),
        lambda: writer.update_keeping_vector(empty, ROWS[2:], before),
        lambda: writer.delete(empty, [ROWS[2].id], before),
    )
    for write in writes:
        with pytest.raises(NotFound) as refusal:
            write()
        assert refusal.value.code == "collection_replaced"
    assert images.get_many(empty, [row.id for row in ROWS], strong=True) == {
        row.id: row for row in ROWS[2:]
    }


def test_a_collection_whose_creation_was_interrupted_is_completed(
    connection: MilvusConnection, collections: Collections, writer: ImageWriter, empty: str
) -> None:
    generation = collections.identity(empty).generation
    connection.run(lambda client: client.release_collection(empty))
    connection.run(lambda client: client.drop_partition(empty, generation))
    info = collections.ensure(empty, weights="untrained-1", pooling="avg")
    writer.upsert(empty, ROWS, VECTORS, info.generation)
    assert collections.count(empty) == 4


def test_a_collection_of_an_earlier_version_works_on(
    connection: MilvusConnection,
    collections: Collections,
    images: Images,
    writer: ImageWriter,
    collection: str,
) -> None:
    properties = {
        "fingerprint": fingerprint("w", "avg"),
        "weights": "w",
        "pooling": "avg",
        "description": "",
        "created_at": "1.0",
        "index": '{"type": "FLAT"}',
    }
    connection.run(
        lambda client: client.create_collection(
            collection, schema=collection_schema(), properties=to_milvus(properties)
        )
    )
    info = collections.ensure(collection, weights="w", pooling="avg")
    assert (info.generation, info.state) == ("", "loaded")
    writer.upsert(collection, ROWS[:2], VECTORS[:2])
    writer.upsert(collection, ROWS[1:], VECTORS[1:], info.generation)
    assert collections.count(collection) == 4
    assert images.update(collection, ROWS[0].id, tags=["x"]).tags == ("x",)
    writer.update_keeping_vector(collection, [ROWS[1]], "")
    writer.delete(collection, [ROWS[2].id], "")
    assert images.delete_matching(collection, ImageFilter(tag="x")) == 1
    assert collections.count(collection) == 2
    collections.drop(collection)
