"""A collection is encoded anew while others write to it."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from shared.ledger import RowLock, RowLocks, keys
from shared.store import Collections
from tests.integration.library import Library
from tests.integration.reencoding import (
    RMAC,
    assert_close,
    begun,
    loaded_anew,
    vectors,
    work,
)
from tests.services import wait_until


def test_what_is_written_meanwhile(
    tagged: Library, collections: Collections, others: list[str]
) -> None:
    job = begun(tagged)
    first, *left = tagged.indexing.pending(job)
    work(tagged, job, [first])

    tagged.write("new.png", 50)
    tagged.write("1.png", 51)
    tagged.rename("2.png", "renamed.png")
    tagged.rotate(["3.png", "4.png"])
    (tagged.root / "5.png").unlink()
    assert tagged.load(sync=True).status == "done"
    for name in ("0.png", "6.png", "new.png"):
        tagged.tag(name, "changed")
    assert collections.identity(tagged.collection).pooling == "avg"
    work(tagged, job, left)
    tagged.write("later.png", 52)
    assert tagged.load().indexed == 1
    tagged.tag("renamed.png", "changed")

    done = tagged.finish(job)

    assert (done.status, done.failed, done.done) == ("done", 0, done.total)
    assert collections.identity(tagged.collection).pooling == "rmac"
    assert tagged.indexed_contents() == tagged.contents()
    changed = {name for name, tags in tagged.tags().items() if tags == ("changed",)}
    assert changed == {"0.png", "6.png", "new.png", "renamed.png"}
    assert tagged.tags()["3.png"] == ("of 4.png",)
    assert_close(vectors(tagged), loaded_anew(tagged, others))


def test_a_load_across_the_moment_of_the_swap(
    tagged: Library, collections: Collections, others: list[str]
) -> None:
    job = begun(tagged)
    work(tagged, job)
    tagged.write("new.png", 50)
    tagged.rename("2.png", "renamed.png")
    load = tagged.scanned()
    tagged.indexing.indexer().scan_to_end(job)
    assert tagged.jobs.get(job).status == "done"

    tagged.work(load)

    assert tagged.jobs.get(load).indexed == 1
    # A load without sync leaves the row of a file that it does not find again.
    rows = tagged.rows()
    assert rows["renamed.png"].tags == ("of 2.png",)
    assert_close(vectors(tagged), loaded_anew(tagged, others))


@pytest.mark.parametrize("whole", [False, True], ids=["begun", "over"])
def test_what_happens_while_a_chunk_is_encoded(
    tagged: Library, others: list[str], whole: bool
) -> None:
    tagged.write("new.png", 50)
    tagged.write("newer.png", 51)
    load = tagged.scanned()
    reencodings: list[str] = []

    def decode(files: Sequence[bytes]) -> Sequence[Any]:
        if not reencodings:
            reencodings.append(begun(tagged))
            if whole:
                assert tagged.finish(reencodings[0]).status == "done"
        return tagged.encoding.worker()._stages.decode(files)

    (chunk,) = tagged.indexing.pending(load)
    tagged.encoding.worker(decode_all=decode).work(load, chunk)
    # It was encoded for what the collection was before, and is not written.
    assert tagged.indexing.pending(load) == [chunk]
    tagged.work(load)

    assert tagged.jobs.get(load).indexed == 2
    done = tagged.finish(reencodings[0])
    assert (done.status, done.failed) == ("done", 0)
    assert tagged.indexed_contents() == tagged.contents()
    assert_close(vectors(tagged), loaded_anew(tagged, others))


def test_writers_from_before_are_waited_for(tagged: Library) -> None:
    locks = RowLocks(tagged.redis)
    with locks.hold(RowLock(tagged.collection, ["0" * 32], "client")):
        job = tagged.indexing.job(source=RMAC)
        indexer = tagged.indexing.indexer()
        scanning = threading.Thread(target=indexer.scan, args=(job,))
        scanning.start()
        wait_until(
            lambda: tagged.encoding.collections.identity(tagged.collection).next,
            20,
            "the start",
        )
        scanning.join(0.3)
        assert scanning.is_alive()
        assert tagged.redis.exists(keys.job(job, "chunks")) == 0
    scanning.join(20)
    assert len(tagged.indexing.pending(job)) == 3
