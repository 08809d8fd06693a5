"""Editions of a collection on a real Milvus server, where properties and partitions are loaded."""

import pytest

from shared.domain.collection import Edition, IndexSpec
from shared.domain.fingerprint import fingerprint
from shared.store import Editions, Images, ImageWriter
from tests.integration.milvus_server.conftest import ServerStores
from tests.integration.shared.store.samples import make_row, make_vectors

pytestmark = pytest.mark.milvus_server


def test_another_edition_is_put_in_place_and_the_first_dropped(stores: ServerStores) -> None:
    rows, vectors = [make_row(n) for n in range(30)], make_vectors(60)
    stores.writer.upsert(stores.name, rows, vectors[:30])
    editions = Editions(stores.milvus, stores.collections)
    wanted = Edition(
        fingerprint=fingerprint("w", "rmac"), pooling="rmac", index=IndexSpec(type="FLAT")
    )
    begun = editions.begin(stores.name, None, "7" * 32, wanted)
    identity = stores.collections.identity(stores.name)
    assert identity.next == begun
    by_id = {row.id: vector for row, vector in zip(rows, vectors[30:], strict=True)}
    stores.writer.put_beside(identity, rows[:20], by_id)
    old = {row.id: vector for row, vector in zip(rows, vectors[:30], strict=True)}
    both = {identity.fingerprint: old, begun.fingerprint: by_id}
    stores.writer.write(identity, rows[20:], both)
    Images(stores.milvus).update(stores.name, rows[3].id, tags=["both"])
    stores.writer.delete(stores.name, [rows[4].id])

    editions.swap(stores.name, begun)

    writer, images = ImageWriter(stores.milvus), Images(stores.milvus)
    info = stores.collections.get(stores.name)
    assert (info.pooling, info.index.type, info.rows) == ("rmac", "FLAT", begun.home)
    assert stores.collections.count(stores.name) == 29
    found = writer.stored(stores.name, [row.id for row in rows])
    assert len(found) == 29
    assert found[rows[3].id].row.tags == ("both",)
    assert all(list(each.vector) == list(by_id[image]) for image, each in found.items())

    assert editions.drop(stores.name) is not None
    partitions = stores.milvus.run(lambda client: client.list_partitions(stores.name))
    assert info.generation not in partitions
    assert len(images.get_many(stores.name, [row.id for row in rows], strong=True)) == 29
    again = editions.begin(
        stores.name, None, "8" * 32, wanted.model_copy(update={"pooling": "gem"})
    )
    assert editions.drop(stores.name) == again
    assert stores.collections.get(stores.name).kept is None
