import threading

import pytest

from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import fingerprint
from shared.errors import Conflict, InvalidRequest, NotFound, Unavailable
from shared.settings import Settings
from shared.store.client import MilvusConnection
from shared.store.collections import Collections
from shared.store.connecting import connect
from shared.store.image_writer import ImageWriter
from shared.store.images import Images
from tests.integration.shared.store.samples import make_row, make_vectors


def test_a_collection_explains_itself(collections: Collections, collection: str) -> None:
    made = collections.create(
        collection,
        description='Fotos "2020"\n',
        weights="untrained-1",
        pooling="gem",
        index=IndexSpec(type="IVF_FLAT", params={"nlist": 16}),
    )
    assert collections.get(collection) == made
    assert made.name == collection
    assert made.description == 'Fotos "2020"\n'
    assert made.fingerprint == fingerprint("untrained-1", "gem")
    assert (made.weights, made.pooling, made.count) == ("untrained-1", "gem", 0)
    assert made.index == IndexSpec(type="IVF_FLAT", params={"nlist": 16})
    assert made.state == "loaded"
    assert collections.identity(collection).fingerprint == made.fingerprint
    assert collection in collections.names()
    assert made in collections.list()
    collections.drop(collection)
    assert collection not in collections.names()


@pytest.mark.parametrize("kind", ["FLAT", "IVF_FLAT", "IVF_SQ8", "HNSW", "HNSW_SQ", "AUTOINDEX"])
def test_every_known_index_finds(
    collections: Collections, images: Images, writer: ImageWriter, collection: str, kind: str
) -> None:
    collections.create(
        collection,
        weights="w",
        pooling="avg",
        index=IndexSpec.model_validate({"type": kind}),
    )
    writer.upsert(collection, [make_row(n) for n in range(50)], make_vectors(50))
    collections.flush(collection)
    assert collections.count(collection) == 50
    collections.drop(collection)


def test_the_default_index_is_hnsw(collections: Collections, collection: str) -> None:
    made = collections.create(collection, weights="w", pooling="avg")
    assert made.index == IndexSpec(type="HNSW", params={"M": 16, "efConstruction": 200})
    collections.drop(collection)


def test_an_unknown_collection_is_not_found(collections: Collections) -> None:
    for call in (
        collections.get,
        collections.identity,
        collections.count,
        collections.drop,
    ):
        with pytest.raises(NotFound) as refusal:
            call("nothing_of_that_name")
        assert refusal.value.code == "collection_not_found"


def test_a_taken_name_is_a_conflict(collections: Collections, empty: str) -> None:
    with pytest.raises(Conflict) as refusal:
        collections.create(empty, weights="w", pooling="avg")
    assert refusal.value.code == "collection_exists"


def test_a_refused_index_leaves_no_collection(collections: Collections, collection: str) -> None:
    with pytest.raises(InvalidRequest):
        collections.create(
            collection,
            weights="w",
            pooling="avg",
            index=IndexSpec(type="HNSW", params={"M": 9999}),
        )
    assert collection not in collections.names()


def test_ensure_makes_it_once_whoever_comes_at_the_same_time(
    settings: Settings, collections: Collections, collection: str
) -> None:
    found = []
    connections = [MilvusConnection(settings) for _ in range(6)]
    openers = [Collections(connection, settings) for connection in connections]

    def ensure(mine: Collections) -> None:
        found.append(mine.ensure(collection, weights="w", pooling="max"))

    threads = [threading.Thread(target=ensure, args=(mine,)) for mine in openers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    assert len(found) == 6
    assert len({info.created_at for info in found}) == 1
    assert {info.pooling for info in found} == {"max"}
    assert {info.state for info in found} == {"loaded"}
    collections.drop(collection)


def test_ensure_keeps_what_is_there(collections: Collections, empty: str) -> None:
    assert collections.ensure(empty, weights="other", pooling="max").pooling == "avg"


def test_ensure_finishes_what_a_dead_maker_left(
    collections: Collections, images: Images, settings: Settings, empty: str
) -> None:
    client = connect(settings)
    client.release_collection(empty)
    client.drop_index(empty, "vector")
    client.release_collection(empty)
    assert collections.ensure(empty, weights="w", pooling="avg").state == "loaded"
    assert client.list_indexes(empty) == ["vector"]
    assert images.get_many(empty, ["0" * 32]) == {}


def test_a_collection_of_somebody_else_is_left_alone(
    collections: Collections, settings: Settings, collection: str
) -> None:
    client = connect(settings)
    client.create_collection(collection, dimension=4)
    assert collection not in collections.names()
    for call in (collections.get, collections.drop, collections.count):
        with pytest.raises(NotFound):
            call(collection)
    with pytest.raises(Conflict) as refusal:
        collections.ensure(collection, weights="w", pooling="avg")
    assert refusal.value.code == "collection_exists"
    assert client.has_collection(collection)
    client.drop_collection(collection)


def test_milvus_away_is_said_plainly(base_settings: Settings) -> None:
    connection = MilvusConnection(base_settings)
    collections = Collections(connection, base_settings)
    with pytest.raises(Unavailable) as refusal:
        collections.names()
    assert refusal.value.code == "milvus_unavailable"
    assert refusal.value.retry_after
    connection.close()
