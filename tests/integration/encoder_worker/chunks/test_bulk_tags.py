"""Tags that many images are given, beside loads and other clients that write the same rows."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from encoder_worker.decode.decoder import decode
from gateway.services.bulk_tags import TagChange
from shared.domain.filter import Filter
from shared.errors import PictureError, Unavailable
from shared.ledger import RowLock, RowLocks
from shared.pictures.square import Picture
from shared.redis import RedisClient, connect
from shared.store import ImageWriter, MilvusConnection
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load
from tests.integration.gateway.client import Client

ADD = TagChange(add=["mine"], remove=["first"])


@pytest.fixture
def client(load: Load) -> Iterator[Client]:
    milvus, redis = MilvusConnection(load.settings), connect(load.settings)
    opened = Client(load.settings, redis, load.collections, load.images, ImageWriter(milvus))
    yield opened
    opened.close()
    milvus.close()
    redis.close()


def work(load: Load, files: Sequence[Any], meanwhile: Callable[[], object], **spec: Any) -> None:
    """Work on a chunk; `meanwhile` happens once its files and their rows are read."""
    job_id, (chunk,) = load.job(files, **spec)

    def decode_all(data: Sequence[bytes]) -> list[Picture | PictureError]:
        meanwhile()
        return [decode(item, load.settings.max_pixels) for item in data]

    load.worker(decode_all).work(job_id, chunk)


def test_tags_given_by_a_filter_while_a_file_is_encoded_again_are_kept(
    load: Load, drawn: Drawn, client: Client
) -> None:
    path, other = drawn(1), drawn(5)
    load.run(path, other, tags=("first",))
    before = load.row(path)
    drawn(2, "1.jpg")
    folder = Filter.model_validate({"must": [{"folder": str(path.parent)}]})

    def tag() -> None:
        done = client.bulk_tags.change_matching(load.collection, folder, ADD)
        assert (done.changed, done.remaining) == (2, 0)

    work(load, [path], tag, tags=("second",))

    after = load.row(path)
    assert after.sha256 != before.sha256
    assert "mine" in after.tags
    assert load.row(other).tags == ("mine",)


def test_tags_are_not_given_to_a_row_that_stopped_matching(
    load: Load, drawn: Drawn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn(1)
    load.run(path, tags=("first",))
    row = load.row(path)
    hold = RowLocks.hold

    def changed_before(locks: RowLocks, wanted: RowLock, *args: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(RowLocks, "hold", hold)
            client.tag(row, "other")
        return hold(locks, wanted, *args)

    only = Filter.model_validate({"must": [{"field": "tags", "any": ["first"]}]})
    monkeypatch.setattr(RowLocks, "hold", changed_before)
    assert client.bulk_tags.change_matching(load.collection, only, ADD).changed == 0
    assert load.row(path).tags == ("other",)


def test_what_clients_add_at_once_is_all_there(load: Load, drawn: Drawn, client: Client) -> None:
    paths = [drawn(n) for n in range(4)]
    load.run(*paths)
    everything = Filter()

    def add(name: str) -> None:
        for number in range(3):
            change = TagChange(add=[f"{name}{number}"], remove=[])
            client.bulk_tags.change_matching(load.collection, everything, change)

    threads = [threading.Thread(target=add, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = {f"{name}{number}" for name in "abc" for number in range(3)}
    assert [set(load.row(path).tags) for path in paths] == [expected] * 4


def test_an_image_that_another_holds_is_busy(
    load: Load, drawn: Drawn, client: Client, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn(1)
    load.run(path)
    row = load.row(path)
    monkeypatch.setattr("shared.ledger.row_locks._WAIT_SECONDS", 0.1)
    with RowLocks(redis).hold(RowLock(load.collection, [row.id], "other")):
        with pytest.raises(Unavailable) as refusal:
            client.bulk_tags.change_all(load.collection, [row.id], ADD)
        assert refusal.value.code == "image_busy"
    assert client.bulk_tags.change_all(load.collection, [row.id], ADD).changed == 1
