"""A collection is encoded anew beside its vectors, while others write to it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from indexer.scan import chunk_producer
from shared.domain.collection import IndexSpec
from shared.domain.job import ReencodingSource
from shared.ledger import RowLock, RowLocks, keys
from shared.store import Collections, Editions, Images, ImageWriter, MilvusConnection
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library
from tests.services import wait_until

NAMES = [f"{n}.png" for n in range(7)]
HNSW = IndexSpec(type="HNSW", params={"M": 16, "efConstruction": 200})
RMAC = ReencodingSource(pooling="rmac", index=HNSW)


@pytest.fixture
def library(open_library: OpenLibrary, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Seven pictures, each with a tag, under avg."""
    # A scan that waits for chunks leaves its thread at once.
    monkeypatch.setattr(chunk_producer, "HOLD_SECONDS", 0.05)
    opened = open_library()
    for index, name in enumerate(NAMES):
        opened.write(name, index)
    opened.load()
    for name in NAMES:
        opened.tag(name, f"of {name}")
    return opened


@pytest.fixture
def editions(connection: MilvusConnection, collections: Collections) -> Editions:
    return Editions(connection, collections)


@pytest.fixture
def others(collections: Collections) -> Iterator[list[str]]:
    """Names of further collections, which are dropped."""
    made: list[str] = []
    yield made
    for name in made:
        collections.drop(name)


def vectors(library: Library, collection: str | None = None) -> dict[str, Any]:
    """The vectors that are searched, by id."""
    # Stores of their own know nothing of the time before.
    library.images = Images(library.indexing.milvus)
    writer = ImageWriter(library.indexing.milvus)
    ids = [row.id for row in library.rows().values()]
    found = writer.stored(collection or library.collection, ids)
    return {image: np.asarray(each.vector, np.float32) for image, each in found.items()}


def assert_close(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    for image, vector in ours.items():
        assert np.allclose(vector, theirs[image], atol=1e-5), image


def loaded_anew(library: Library, others: list[str]) -> dict[str, Any]:
    """The vectors of the folder in a collection that was created with rmac."""
    others.append(name := f"{library.collection}_anew")
    weights = library.encoding.encoder.weights
    library.encoding.collections.create(name, weights=weights, pooling="rmac")
    library.finish(library.indexing.job(collection=name))
    return vectors(library, name)


def work(library: Library, job: str, chunks: Sequence[str] | None = None) -> None:
    worker = library.encoding.worker()
    for chunk in library.indexing.pending(job) if chunks is None else chunks:
        worker.work(job, chunk)


def begun(library: Library, source: ReencodingSource = RMAC) -> str:
    """A re-encoding whose images are all in chunks, and none is encoded."""
    job = library.indexing.job(source=source)
    library.indexing.indexer().scan(job)
    assert len(library.indexing.pending(job)) == 3
    return job


def test_another_pooling_and_back(
    library: Library,
    collections: Collections,
    editions: Editions,
    connection: MilvusConnection,
    others: list[str],
) -> None:
    before, rows = vectors(library), library.rows()

    job = library.finish(library.indexing.job(source=RMAC))

    assert (job.status, job.total, job.indexed, job.failed) == ("done", 7, 7, 0)
    info = collections.get(library.collection)
    assert (info.pooling, info.index, info.count, info.next) == ("rmac", HNSW, 7, None)
    assert info.fingerprint.split(":")[3] == "rmac"
    assert info.kept is not None
    assert (info.kept.pooling, info.kept.job) == ("avg", job.spec.id)
    assert library.rows() == rows
    assert_close(vectors(library), loaded_anew(library, others))
    assert connection.count(library.collection) == 7

    assert editions.drop(library.collection) is not None
    assert editions.drop(library.collection) is None
    partitions = connection.run(lambda client: client.list_partitions(library.collection))
    assert info.generation not in partitions
    assert library.rows() == rows

    back = library.finish(library.indexing.job(source=ReencodingSource(pooling="avg", index=HNSW)))
    assert (back.status, back.indexed) == ("done", 7)
    assert_close(vectors(library), before)
    editions.drop(library.collection)
    assert collections.get(library.collection).kept is None
    assert _homes(connection) & {info.home} == set()


def test_another_index_takes_vectors_over(
    library: Library, collections: Collections, connection: MilvusConnection
) -> None:
    before = vectors(library)
    for name in NAMES:
        (library.root / name).unlink()

    flat = ReencodingSource(pooling="avg", index=IndexSpec(type="FLAT"))
    job = library.finish(library.indexing.job(source=flat))

    assert (job.status, job.indexed) == ("done", 7)
    info = collections.get(library.collection)
    assert info.index.type == "FLAT"
    now = vectors(library)
    assert all(np.array_equal(now[image], before[image]) for image in before)
    homes = {info.home}
    collections.drop(library.collection)
    assert _homes(connection) & homes == set()
    library.encoding.make_collection()


def test_what_is_written_meanwhile(
    library: Library, collections: Collections, others: list[str]
) -> None:
    job = begun(library)
    first, *left = library.indexing.pending(job)
    work(library, job, [first])

    library.write("new.png", 50)
    library.write("1.png", 51)
    library.rename("2.png", "renamed.png")
    library.rotate(["3.png", "4.png"])
    (library.root / "5.png").unlink()
    assert library.load(sync=True).status == "done"
    for name in ("0.png", "6.png", "new.png"):
        library.tag(name, "changed")
    assert collections.identity(library.collection).pooling == "avg"
    work(library, job, left)
    library.write("later.png", 52)
    assert library.load().indexed == 1
    library.tag("renamed.png", "changed")

    done = library.finish(job)

    assert (done.status, done.failed, done.done) == ("done", 0, done.total)
    assert collections.identity(library.collection).pooling == "rmac"
    assert library.indexed_contents() == library.contents()
    changed = {name for name, tags in library.tags().items() if tags == ("changed",)}
    assert changed == {"0.png", "6.png", "new.png", "renamed.png"}
    assert library.tags()["3.png"] == ("of 4.png",)
    assert_close(vectors(library), loaded_anew(library, others))


def test_a_load_across_the_moment_of_the_swap(
    library: Library, collections: Collections, others: list[str]
) -> None:
    job = begun(library)
    work(library, job)
    library.write("new.png", 50)
    library.rename("2.png", "renamed.png")
    load = library.scanned()
    library.indexing.indexer().scan_to_end(job)
    assert library.jobs.get(job).status == "done"

    library.work(load)

    assert library.jobs.get(load).indexed == 1
    # A load without sync leaves the row of a file that it does not find again.
    rows = library.rows()
    assert rows["renamed.png"].tags == ("of 2.png",)
    assert_close(vectors(library), loaded_anew(library, others))


@pytest.mark.parametrize("whole", [False, True], ids=["begun", "over"])
def test_what_happens_while_a_chunk_is_encoded(
    library: Library, others: list[str], whole: bool
) -> None:
    library.write("new.png", 50)
    library.write("newer.png", 51)
    load = library.scanned()
    reencodings: list[str] = []

    def decode(files: Sequence[bytes]) -> Sequence[Any]:
        if not reencodings:
            reencodings.append(begun(library))
            if whole:
                assert library.finish(reencodings[0]).status == "done"
        return library.encoding.worker()._stages.decode(files)

    (chunk,) = library.indexing.pending(load)
    library.encoding.worker(decode_all=decode).work(load, chunk)
    # It was encoded for what the collection was before, and is not written.
    assert library.indexing.pending(load) == [chunk]
    library.work(load)

    assert library.jobs.get(load).indexed == 2
    done = library.finish(reencodings[0])
    assert (done.status, done.failed) == ("done", 0)
    assert library.indexed_contents() == library.contents()
    assert_close(vectors(library), loaded_anew(library, others))


def test_sources_that_are_gone(library: Library, collections: Collections) -> None:
    held = (library.root / "1.png").read_bytes()
    (library.root / "1.png").unlink()
    library.write("2.png", 99)

    job = library.finish(library.indexing.job(source=RMAC))

    assert job.error is not None
    assert (job.status, job.error.code, job.failed) == ("failed", "sources_missing", 2)
    codes = {failure.code for failure in library.jobs.iter_failures(job.spec.id)}
    assert codes == {"missing", "source_changed"}
    info = collections.get(library.collection)
    assert (info.pooling, info.count, info.kept) == ("avg", 7, None)

    (library.root / "1.png").write_bytes(held)
    allowed = RMAC.model_copy(update={"allow_missing": True})
    again = library.finish(library.indexing.job(source=allowed))
    assert (again.status, again.indexed, again.failed) == ("done", 6, 1)
    assert collections.get(library.collection).pooling == "rmac"
    assert set(library.rows()) == set(NAMES) - {"2.png"}


def test_given_up(
    library: Library,
    collections: Collections,
    editions: Editions,
    connection: MilvusConnection,
) -> None:
    before = vectors(library)
    job = begun(library)
    first, *left = library.indexing.pending(job)
    work(library, job, [first])
    following = collections.identity(library.collection).next
    assert following is not None
    chunk = library.scanned()

    editions.drop(library.collection)
    library.work(chunk)
    work(library, job, left)

    assert library.jobs.get(job).status == "failed"
    assert collections.identity(library.collection).next is None
    assert following.home not in _homes(connection)
    assert_close(vectors(library), before)
    library.write("new.png", 50)
    assert library.load().indexed == 1


def test_writers_from_before_are_waited_for(library: Library) -> None:
    locks = RowLocks(library.redis)
    with locks.hold(RowLock(library.collection, ["0" * 32], "client")):
        job = library.indexing.job(source=RMAC)
        indexer = library.indexing.indexer()
        scanning = threading.Thread(target=indexer.scan, args=(job,))
        scanning.start()
        wait_until(
            lambda: library.encoding.collections.identity(library.collection).next, 20, "the start"
        )
        scanning.join(0.3)
        assert scanning.is_alive()
        assert library.redis.exists(keys.job(job, "chunks")) == 0
    scanning.join(20)
    assert len(library.indexing.pending(job)) == 3


def _homes(connection: MilvusConnection) -> set[str]:
    return set(connection.run(lambda client: client.list_collections()))
