"""Calls to Milvus while it is down, restarted, or hangs."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymilvus.exceptions import MilvusException, ParamError

from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.errors import NotFound, Unavailable
from shared.settings import Settings
from shared.store import client
from shared.store.client import AsyncMilvusConnection, MilvusConnection
from shared.store.collections import Collections
from shared.store.errors import translate
from shared.store.image_writer import ImageWriter
from shared.store.images import Images
from shared.store.search import VectorSearch
from tests.integration.shared.store.samples import make_row, make_vectors
from tests.services import MilvusLite, wait_until


@pytest.fixture
def own_milvus(tmp_path: Path) -> Iterator[MilvusLite]:
    """A milvus-lite that this test may kill."""
    service = MilvusLite(tmp_path / "milvus")
    yield service
    service.kill()


@pytest.fixture
def own_settings(base_settings: Settings, own_milvus: MilvusLite) -> Settings:
    return base_settings.model_copy(update={"milvus_uri": own_milvus.uri})


async def test_the_same_clients_go_on_after_a_kill(
    own_settings: Settings, own_milvus: MilvusLite
) -> None:
    milvus, searching = MilvusConnection(own_settings), AsyncMilvusConnection(own_settings)
    collections, images = Collections(milvus, own_settings), Images(milvus)
    writer, search = ImageWriter(milvus), VectorSearch(searching)
    collections.create("pictures", weights="w", pooling="avg")
    rows, vectors = [make_row(n) for n in range(100)], make_vectors(100)
    writer.upsert("pictures", rows, vectors)
    assert (
        len(await search.nearest("pictures", vectors[0].tolist(), SearchParameters(top_k=5))) == 5
    )

    own_milvus.kill()
    for call in (
        lambda: images.get("pictures", rows[0].id),
        lambda: writer.upsert("pictures", rows, vectors),
        lambda: collections.get("pictures"),
    ):
        with pytest.raises(Unavailable) as refusal:
            call()
        assert refusal.value.code == "milvus_unavailable"
    with pytest.raises(Unavailable):
        await search.nearest("pictures", vectors[0].tolist(), SearchParameters(top_k=5))

    own_milvus.start()
    # It comes back with the collection released: whoever asks first loads it.
    hits = await search.nearest("pictures", vectors[3].tolist(), SearchParameters(top_k=1))
    assert hits[0].row == rows[3]
    collections._milvus.run(lambda client: client.release_collection("pictures"))
    assert collections.get("pictures").state == "not_loaded"
    assert images.get("pictures", rows[0].id) == rows[0]
    assert collections.get("pictures").count == 100
    writer.upsert("pictures", rows[:1], vectors[:1])
    assert collections.count("pictures") == 100
    milvus.close()
    await searching.close()


def test_concurrent_writers_survive_a_kill(
    own_settings: Settings, own_milvus: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without turns, milvus-lite forgets acknowledged rows: one's log is deleted by another."""
    import threading

    shared = MilvusConnection(own_settings)
    collections = Collections(shared, own_settings)
    collections.create("pictures", weights="w", pooling="avg")

    def write(part: int) -> None:
        milvus = MilvusConnection(own_settings)
        writer = ImageWriter(milvus)
        for first in range(part * 200, part * 200 + 200, 20):
            rows = [make_row(n) for n in range(first, first + 20)]
            writer.upsert("pictures", rows, make_vectors(20))
            if first % 60 == 0:
                collections.flush("pictures")
        milvus.close()

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own_milvus.kill()
    own_milvus.start()
    images = Images(shared)
    found = [row for batch in images.iterate("pictures", ImageFilter()) for row in batch]
    assert len(found) == 800
    shared.close()


async def test_many_searches_that_meet_an_outage_are_told_together(
    own_settings: Settings, own_milvus: MilvusLite
) -> None:
    milvus, searching = MilvusConnection(own_settings), AsyncMilvusConnection(own_settings)
    Collections(milvus, own_settings).create("pictures", weights="w", pooling="avg")
    search, query = VectorSearch(searching), make_vectors(1)[0].tolist()
    assert await search.nearest("pictures", query, SearchParameters()) == []
    own_milvus.kill()

    async def one(number: int) -> str:
        # Each is a call of its own: equal ones would be gathered.
        wanted = SearchParameters(index_params={"ef": 100 + number})
        with pytest.raises(Unavailable) as refusal:
            await search.nearest("pictures", query, wanted)
        return refusal.value.code

    # One after the other, pymilvus would try to connect for three seconds for each of them.
    async with asyncio.timeout(30):
        told = await asyncio.gather(*(one(number) for number in range(40)))
    assert set(told) == {"milvus_unavailable"}
    own_milvus.start()
    assert await search.nearest("pictures", query, SearchParameters()) == []
    milvus.close()
    await searching.close()


def test_a_milvus_that_hangs_is_away(
    own_settings: Settings, own_milvus: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    milvus = MilvusConnection(own_settings)
    images, collections = Images(milvus), Collections(milvus, own_settings)
    collections.create("pictures", weights="w", pooling="avg")
    images.get_many("pictures", ["0" * 32])
    os.killpg(own_milvus.pid, signal.SIGSTOP)
    try:
        # Short only while nothing answers: on a busy machine other calls need longer.
        with monkeypatch.context() as impatient:
            impatient.setattr(client, "READ_SECONDS", 0.5)
            with pytest.raises(Unavailable):
                images.get_many("pictures", ["0" * 32])
    finally:
        os.killpg(own_milvus.pid, signal.SIGCONT)
    wait_until(lambda: images.get_many("pictures", ["0" * 32]) == {}, 20, "Milvus")
    milvus.close()


def test_errors_in_our_words() -> None:
    missing = translate(MilvusException(100, "gone"), "pictures")
    assert isinstance(missing, NotFound)
    assert missing.code == "collection_not_found"
    assert isinstance(translate(MilvusException(1, "whatever"), "pictures"), Unavailable)
    full = "[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"
    for refused in (MilvusException(1, full), MilvusException(7, "disk"), MilvusException(9, "no")):
        found = translate(refused, "pictures")
        assert isinstance(found, Unavailable)
        assert found.code == "milvus_full"
    # A mistake of ours is a bug to be seen, not an outage to be waited for.
    mistakes = (MilvusException(1100, "bad"), MilvusException(6, "bad"), ParamError(message="bad"))
    for ours in mistakes:
        assert translate(ours, "pictures") is ours
