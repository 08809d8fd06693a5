"""Images that are deleted during their load, whose indexer dies then: each file counts once."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import DeletionSource, Job
from shared.retry import ShuttingDown
from shared.store import Collections, Images
from tests.integration.gateway.client import Client
from tests.integration.indexer.loads import Loads
from tests.services import wait_until

FILES = tuple(f"{n:02}.jpg" for n in range(24))


@pytest.fixture
def client(loads: Loads) -> Iterator[Client]:
    collections = Collections(loads.milvus, loads.settings)
    opened = Client(loads.settings, loads.redis, collections, Images(loads.milvus), loads.writer)
    yield opened
    opened.close()


def stored(loads: Loads) -> list[ImageRow]:
    batches = Images(loads.milvus).iterate(loads.collection, ImageFilter())
    return [row for batch in batches for row in batch]


def interrupted(loads: Loads, meanwhile: Callable[[list[ImageRow]], object]) -> Job:
    """Load 24 files; `meanwhile` gets the rows of the first three chunks before the indexer dies.

    Another indexer scans again from the start.
    """
    loads.put(*FILES)
    job, first = loads.job(), loads.indexer()

    def scan() -> None:
        with contextlib.suppress(ShuttingDown):
            first.scan(job)

    scanning = threading.Thread(target=scan)
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    loads.complete(job)
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three more chunks")
    meanwhile(stored(loads))
    first.die()
    scanning.join(20)
    assert not scanning.is_alive()
    return loads.finish(job, loads.indexer())


def require_exact(loads: Loads, job: Job, deleted: int) -> None:
    assert (job.status, job.total, job.indexed, job.done) == ("done", 24, 24, 24)
    names = loads.encoded()
    assert len(names) == len(set(names)) == 24
    # A file that was counted is not loaded again by the same load, so it stays deleted.
    assert len(stored(loads)) == 24 - deleted


def test_by_their_ids(loads: Loads, client: Client) -> None:
    def delete(rows: list[ImageRow]) -> None:
        for row in rows[:2]:
            client.delete(row)

    require_exact(loads, interrupted(loads, delete), deleted=2)


def test_by_a_filter_in_the_request(loads: Loads, client: Client) -> None:
    def delete(rows: list[ImageRow]) -> None:
        for row in rows[:3]:
            client.tag(row, "unwanted")
        assert client.deletion.matching(loads.collection, ImageFilter(tag="unwanted")) == 3

    require_exact(loads, interrupted(loads, delete), deleted=3)


def test_by_a_job(loads: Loads, client: Client) -> None:
    def delete(rows: list[ImageRow]) -> None:
        for row in rows[:3]:
            client.tag(row, "unwanted")
        job = loads.load(source=DeletionSource(tag="unwanted"))
        assert (job.status, job.removed) == ("done", 3)

    require_exact(loads, interrupted(loads, delete), deleted=3)


def test_by_another_load_that_finds_a_file_missing(loads: Loads) -> None:
    """The file is back before the load is scanned again."""

    def hide(rows: list[ImageRow]) -> None:
        path = loads.root / rows[0].uri.rpartition("/")[2]
        hidden = path.rename(loads.root / ".hidden")
        held = loads.claims[:]
        other = loads.load(sync=True)
        assert (other.status, other.removed) == ("done", 1)
        loads.claims[:] = held
        hidden.rename(path)

    job = interrupted(loads, hide)
    assert (job.status, job.total, job.done) == ("done", 24, 24)
