"""A collection is encoded anew beside its vectors."""

import numpy as np

from shared.domain.collection import IndexSpec
from shared.domain.job import ReencodingSource
from shared.store import Collections, Editions, MilvusConnection
from tests.integration.library import Library
from tests.integration.reencoding import (
    HNSW,
    NAMES,
    RMAC,
    all_homes,
    assert_close,
    begun,
    loaded_anew,
    vectors,
    work,
)


def test_another_pooling_and_back(
    tagged: Library,
    collections: Collections,
    editions: Editions,
    connection: MilvusConnection,
    others: list[str],
) -> None:
    before, rows = vectors(tagged), tagged.rows()

    job = tagged.finish(tagged.indexing.job(source=RMAC))

    assert (job.status, job.total, job.indexed, job.failed) == ("done", 7, 7, 0)
    info = collections.get(tagged.collection)
    assert (info.pooling, info.index, info.count, info.next) == ("rmac", HNSW, 7, None)
    assert info.fingerprint.split(":")[3] == "rmac"
    assert info.kept is not None
    assert (info.kept.pooling, info.kept.job) == ("avg", job.spec.id)
    assert tagged.rows() == rows
    assert_close(vectors(tagged), loaded_anew(tagged, others))
    assert connection.count(tagged.collection) == 7

    assert editions.drop(tagged.collection) is not None
    assert editions.drop(tagged.collection) is None
    partitions = connection.run(lambda client: client.list_partitions(tagged.collection))
    assert info.generation not in partitions
    assert tagged.rows() == rows

    back = tagged.finish(tagged.indexing.job(source=ReencodingSource(pooling="avg", index=HNSW)))
    assert (back.status, back.indexed) == ("done", 7)
    assert_close(vectors(tagged), before)
    editions.drop(tagged.collection)
    assert collections.get(tagged.collection).kept is None
    assert all_homes(connection) & {info.home} == set()


def test_another_index_takes_vectors_over(
    tagged: Library, collections: Collections, connection: MilvusConnection
) -> None:
    before = vectors(tagged)
    for name in NAMES:
        (tagged.root / name).unlink()

    flat = ReencodingSource(pooling="avg", index=IndexSpec(type="FLAT"))
    job = tagged.finish(tagged.indexing.job(source=flat))

    assert (job.status, job.indexed) == ("done", 7)
    info = collections.get(tagged.collection)
    assert info.index.type == "FLAT"
    now = vectors(tagged)
    assert all(np.array_equal(now[image], before[image]) for image in before)
    homes = {info.home}
    collections.drop(tagged.collection)
    assert all_homes(connection) & homes == set()
    tagged.encoding.make_collection()


def test_sources_that_are_gone(tagged: Library, collections: Collections) -> None:
    held = (tagged.root / "1.png").read_bytes()
    (tagged.root / "1.png").unlink()
    tagged.write("2.png", 99)

    job = tagged.finish(tagged.indexing.job(source=RMAC))

    assert job.error is not None
    assert (job.status, job.error.code, job.failed) == ("failed", "sources_missing", 2)
    codes = {failure.code for failure in tagged.jobs.iter_failures(job.spec.id)}
    assert codes == {"missing", "source_changed"}
    info = collections.get(tagged.collection)
    assert (info.pooling, info.count, info.kept) == ("avg", 7, None)

    (tagged.root / "1.png").write_bytes(held)
    allowed = RMAC.model_copy(update={"allow_missing": True})
    again = tagged.finish(tagged.indexing.job(source=allowed))
    assert (again.status, again.indexed, again.failed) == ("done", 6, 1)
    assert collections.get(tagged.collection).pooling == "rmac"
    assert set(tagged.rows()) == set(NAMES) - {"2.png"}


def test_given_up(
    tagged: Library,
    collections: Collections,
    editions: Editions,
    connection: MilvusConnection,
) -> None:
    before = vectors(tagged)
    job = begun(tagged)
    first, *left = tagged.indexing.pending(job)
    work(tagged, job, [first])
    following = collections.identity(tagged.collection).next
    assert following is not None
    chunk = tagged.scanned()

    editions.drop(tagged.collection)
    tagged.work(chunk)
    work(tagged, job, left)

    assert tagged.jobs.get(job).status == "failed"
    assert collections.identity(tagged.collection).next is None
    assert following.home not in all_homes(connection)
    assert_close(vectors(tagged), before)
    tagged.write("new.png", 50)
    assert tagged.load().indexed == 1
