"""Writers that a real Milvus server does not keep apart: generations and locks do."""

import contextlib
import threading
from collections.abc import Callable
from functools import partial

import pytest

from gateway.services.labels import LabelService
from shared.domain.labels import LabelChange
from shared.errors import NotFound, PreconditionFailed
from shared.ledger import RowLock, RowLocks
from shared.redis import RedisClient
from tests.integration.milvus_server.conftest import ServerStores
from tests.integration.shared.store.samples import make_row, make_vectors

pytestmark = pytest.mark.milvus_server


def test_a_writer_of_a_dropped_collection_is_refused(stores: ServerStores) -> None:
    rows, vectors = [make_row(n) for n in range(4)], make_vectors(4)
    before = stores.collections.identity(stores.name).generation
    stores.writer.upsert(stores.name, rows, vectors, before)
    stores.collections.drop(stores.name)
    made = stores.collections.create(stores.name, weights="w", pooling="avg")
    with pytest.raises(NotFound) as refusal:
        stores.writer.upsert(stores.name, rows[:2], vectors[:2], before)
    assert refusal.value.code == "collection_replaced"
    with pytest.raises(NotFound):
        stores.writer.delete(stores.name, [rows[2].id], before)
    stores.writer.upsert(stores.name, rows[2:], vectors[2:], made.generation)
    stores.writer.upsert(stores.name, rows[2:], vectors[2:])
    assert stores.collections.count(stores.name) == 2
    assert set(stores.images.get_many(stores.name, [row.id for row in rows], strong=True)) == {
        row.id for row in rows[2:]
    }


def test_clients_that_change_and_delete_one_image_at_once(
    stores: ServerStores, redis: RedisClient
) -> None:
    """A server serialises nothing: their locks do."""
    rows = [make_row(n, tags=()) for n in range(2)]
    stores.writer.upsert(stores.name, rows, make_vectors(2))
    labels = LabelService(stores.images, RowLocks(redis))
    stored = stores.images.get_many(stores.name, [row.id for row in rows], strong=True)
    versions = {image: row.version for image, row in stored.items()}
    outcomes: list[str] = []

    def tag(name: str) -> None:
        change = LabelChange(tags=[name])
        try:
            labels.update(stores.name, rows[0].id, change, {versions[rows[0].id]})
        except PreconditionFailed as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append(name)

    def touch() -> None:
        with contextlib.suppress(NotFound):
            labels.update(stores.name, rows[1].id, LabelChange(tags=["x"]))

    def delete() -> None:
        lock = RowLock(stores.name, [rows[1].id], "client")
        with RowLocks(redis).hold(lock):
            stores.writer.delete(stores.name, [rows[1].id])

    calls: list[Callable[[], None]] = [partial(tag, f"t{n}") for n in range(4)]
    threads = [threading.Thread(target=call) for call in [*calls, touch, delete, touch]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (won,) = [outcome for outcome in outcomes if outcome != "precondition_failed"]
    assert len(outcomes) == 4
    left = stores.images.get_many(stores.name, [row.id for row in rows], strong=True)
    assert {image: row.tags for image, row in left.items()} == {rows[0].id: (won,)}
