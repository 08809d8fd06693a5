"""Copies of rows, and renaming, on a real Milvus server."""

from typing import Any

import pytest

from shared.domain.regions import REGIONS
from shared.errors import Conflict, NotFound
from shared.store import PictureRegions, Regions, RowCopies
from tests.integration.milvus_server.conftest import ServerStores
from tests.integration.shared.store.samples import make_row, make_vectors

pytestmark = pytest.mark.milvus_server

K = len(REGIONS)


def test_copies_are_exact_and_a_new_name_is_all_that_changes(stores: ServerStores) -> None:
    full, copy, last = (f"{stores.name}_{name}" for name in ("full", "copy", "last"))
    for name in (full, copy):
        stores.collections.create(name, weights="w", pooling="avg", regions=True)
    rows, vectors = [make_row(n) for n in range(1200)], make_vectors(1200)
    stores.writer.upsert(full, rows, vectors)
    info = stores.collections.identity(full)
    parts = make_vectors(50 * K, 1).reshape(50, K, -1)
    pictures = [PictureRegions(r.id, r.sha256, v) for r, v in zip(rows, parts, strict=False)]
    Regions(stores.milvus).write(full, info.generation, pictures)
    assert stores.collections.count(full) == 1200
    assert Regions(stores.milvus).count(full, info.generation) == 50 * K

    copies, target = RowCopies(stores.milvus), stores.collections.identity(copy)
    read: list[Any] = []
    region = copies.regions_after(info, "")
    while batch := copies.images_after(info, read[-1]["id"] if read else ""):
        read += batch
    assert len({row["id"] for row in read}) == 1200
    for _ in range(2):
        copies.write_images(target, read)
        copies.write_regions(target, region)
    assert stores.collections.count(copy) == 1200
    assert copies.contents(target, [rows[3].id, "0"]) == {rows[3].id: rows[3].sha256}
    assert len(copies.regions_there(target, [r["id"] for r in region])) == 50 * K
    written = copies.images_after(target, "")
    assert len(written) == 1000
    for one, other in zip(read, written, strict=False):
        assert one["vector"].tobytes() == other["vector"].tobytes()
        assert {**one, "vector": 0} == {**other, "vector": 0}

    with pytest.raises(Conflict):
        stores.collections.rename(copy, full, target.generation)
    for _ in range(2):
        stores.collections.rename(copy, last, target.generation)
    stores.collections.describe(last, "\u00c4")
    assert stores.collections.get(last).description == "\u00c4"
    with pytest.raises(NotFound):
        stores.collections.identity(copy)
    moved = target.model_copy(update={"name": last})
    assert copies.images_after(moved, "")[0]["id"] == written[0]["id"]
    stores.writer.upsert(last, [make_row(5000)], make_vectors(1), target.generation)
    assert stores.collections.count(last) == 1201
    # The name is free for another collection, which has nothing of it.
    stores.collections.create(copy, weights="w", pooling="avg")
    assert stores.collections.count(copy) == 0
    with pytest.raises(NotFound, match="dropped"):
        copies.images_after(target, "")
    for name in (full, copy, last):
        stores.collections.drop(name)
