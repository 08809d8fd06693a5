import threading

import numpy as np
import pytest
from pymilvus.exceptions import MilvusException

from shared.domain.image import ImageFilter, IndexedFile
from shared.errors import NotFound, Unavailable
from shared.settings import Settings
from shared.store.client import MilvusConnection
from shared.store.collections import Collections
from shared.store.image_writer import ImageWriter
from shared.store.images import Images
from tests.integration.conftest import Fill
from tests.integration.shared.store.samples import make_row, make_vectors


def test_writing_again_replaces(
    images: Images, writer: ImageWriter, collections: Collections, empty: str, fill: Fill
) -> None:
    fill([make_row(n) for n in range(5)])
    changed = [make_row(n, width=1) for n in range(5)]
    fill(changed)
    assert collections.count(empty) == 5
    assert {row.width for row in images.get_many(empty, [r.id for r in changed]).values()} == {1}


def test_of_equal_ids_in_one_call_the_last_counts(
    images: Images, writer: ImageWriter, collections: Collections, empty: str
) -> None:
    rows = [make_row(1, width=1), make_row(2), make_row(1, width=3)]
    writer.upsert(empty, rows, make_vectors(3))
    assert collections.count(empty) == 2
    assert images.get(empty, rows[0].id).width == 3


def test_more_rows_than_one_call_takes(
    collections: Collections, writer: ImageWriter, empty: str
) -> None:
    rows = [make_row(n) for n in range(1203)]
    writer.upsert(empty, rows, make_vectors(1203))
    assert collections.count(empty) == 1203
    writer.delete(empty, [row.id for row in rows[:1100]])
    assert collections.count(empty) == 103


def test_vectors_may_be_lists(writer: ImageWriter, collections: Collections, empty: str) -> None:
    writer.upsert(empty, [make_row(1)], make_vectors(1).tolist())
    assert collections.count(empty) == 1


def test_one_vector_for_each_row(writer: ImageWriter, empty: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        writer.upsert(empty, [make_row(1), make_row(2)], make_vectors(1))


def test_contents_are_looked_up(writer: ImageWriter, empty: str, fill: Fill) -> None:
    rows = [make_row(n, sha256="ab" * 32) for n in range(3)] + [make_row(3)]
    fill(rows)
    found = writer.find_by_hash(empty, ["ab" * 32, rows[3].sha256, "00" * 32])
    files = [IndexedFile.of(row) for row in rows]
    assert found == {"ab" * 32: sorted(files[:3]), rows[3].sha256: [files[3]]}
    assert writer.find_by_hash(empty, []) == {}


def test_rows_are_read_with_their_vectors(writer: ImageWriter, empty: str, fill: Fill) -> None:
    rows = [make_row(n) for n in range(3)]
    vectors = fill(rows)
    found = writer.stored(empty, [rows[0].id, rows[2].id, "0" * 32])
    assert {image: stored.row for image, stored in found.items()} == {
        row.id: row for row in (rows[0], rows[2])
    }
    assert found[rows[2].id].vector == pytest.approx(vectors[2], abs=1e-6)


def test_a_touched_row_keeps_its_vector(
    images: Images, writer: ImageWriter, empty: str, fill: Fill, settings: Settings
) -> None:
    row = make_row(1)
    vectors = fill([row])
    touched = row.model_copy(update={"mtime_ns": 5, "job": "j2"})
    writer.update_keeping_vector(empty, [touched, make_row(2)])
    assert images.get(empty, row.id) == touched
    assert images.get_many(empty, [make_row(2).id]) == {}
    stored = writer._milvus.query(empty, f'id in ["{row.id}"]', ["vector"])
    assert np.array_equal(np.asarray(stored[0]["vector"], np.float32), vectors[0])


def test_many_writers_at_once_lose_nothing(
    settings: Settings, collections: Collections, images: Images, empty: str
) -> None:
    def write(part: int) -> None:
        connection = MilvusConnection(settings)
        writer = ImageWriter(connection)
        for first in range(part * 100, part * 100 + 100, 10):
            rows = [make_row(n) for n in range(first, first + 10)]
            writer.upsert(empty, rows, make_vectors(10))
        collections.flush(empty)
        connection.close()

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert collections.count(empty) == 400
    found = [row for batch in images.iterate(empty, ImageFilter()) for row in batch]
    assert {row.bytes for row in found} == {1000 + n for n in range(400)}


def test_a_dropped_collection_is_not_made_again(
    writer: ImageWriter, collections: Collections, collection: str
) -> None:
    collections.create(collection, weights="w", pooling="avg")
    writer.upsert(collection, [make_row(1)], make_vectors(1))
    collections.drop(collection)
    for call in (
        lambda: writer.upsert(collection, [make_row(1)], make_vectors(1)),
        lambda: writer.delete(collection, ["0" * 32]),
        lambda: writer.find_by_hash(collection, ["00" * 32]),
        lambda: writer.update_keeping_vector(collection, [make_row(1)]),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_row_that_no_collection_holds_is_a_mistake_and_no_outage(
    writer: ImageWriter, empty: str
) -> None:
    for row in (make_row(1, tags=("x",) * 99), make_row(1, uri="file:///" + "x" * 5000)):
        with pytest.raises(MilvusException):
            writer.upsert(empty, [row], make_vectors(1))


def test_milvus_away_is_said_plainly(base_settings: Settings) -> None:
    connection = MilvusConnection(base_settings)
    writer = ImageWriter(connection)
    with pytest.raises(Unavailable):
        writer.upsert("any", [make_row(1)], make_vectors(1))
    connection.close()
