"""Every key that is left in Redis after loads and searches expires, or belongs to what is there."""

import fnmatch

import pytest

from shared.domain.job import UploadSource
from shared.domain.query import Query
from shared.ledger import JobEnded, Queries, keys
from tests.integration.conftest import OpenLibrary
from tests.integration.indexer.loads import Loads
from tests.integration.library import Library

#: What has no end of its own: lists of what is there, of bounded size, and of the collection.
OWNED = (
    "lookalike:jobs",
    "lookalike:jobs:directory",
    "lookalike:workers",
    "lookalike:encoder",
    "lookalike:stats",
    "lookalike:jobs:changes",
    "lookalike:claimed",
    "_kombu.*",
    "scan",
    "encode",
    "encode\x06\x165",
)


def ownerless(library: Library, *owned: str) -> list[str]:
    """Keys without an end that are not among those of the system and these."""
    found = [raw.decode() for raw in library.redis.scan_iter() if library.redis.ttl(raw) < 0]
    return [
        key for key in found if not any(fnmatch.fnmatch(key, name) for name in (*OWNED, *owned))
    ]


def test_what_ended_leaves_nothing_for_ever(open_library: OpenLibrary) -> None:
    library = open_library()
    for index in range(6):
        library.write(f"{index}.png", index)
    library.load(on_duplicate="skip", sync=True)
    library.rename("0.png", "moved.png")
    library.write("1.png", 9)
    (library.root / "2.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    library.load(on_duplicate="skip", sync=True)
    library.load(source=UploadSource(files=0))
    for end in ("cancel", "pause"):
        job = library.scanned()
        chunk = library.indexing.pending(job)
        if chunk:
            library.indexing.chunks.claim(job, chunk[0])
        getattr(library.jobs, end)(job)
    library.jobs.cancel(job)
    name = library.collection
    assert ownerless(library, f"lookalike:collection:{name}:*") == []
    library.jobs.forget_collection(name)
    assert ownerless(library) == []
    assert library.redis.zcard(keys.JOBS) == 0


def test_a_scan_whose_collection_was_dropped_writes_no_key(loads: Loads) -> None:
    loads.put("a.jpg")
    job = loads.job()
    spec, stores = loads.jobs.get(job).spec, loads.indexer().stores
    loads.jobs.forget_collection(loads.collection)
    stores.filesystems.begin(job, loads.collection)
    stores.filesystems.record(spec, {"file:///a": "1"}, [])
    with pytest.raises(JobEnded):
        stores.scans.note_source_rows(job, 5)
    loads.jobs.account({job: ["a"]})
    assert list(loads.redis.scan_iter(match="lookalike:job:*")) == []
    assert list(loads.redis.scan_iter(match="lookalike:collection:*")) == []


def test_the_lists_of_jobs_forget_those_that_have_expired(loads: Loads) -> None:
    old = [loads.job() for _ in range(3)]
    for job in old:
        loads.jobs.cancel(job)
        loads.redis.delete(keys.job(job))
    for name in (keys.JOBS, keys.DIRECTORY_JOBS, keys.collection_jobs(loads.collection)):
        loads.redis.zadd(name, dict.fromkeys(old, 1.0))
    new = loads.job()
    for name in (keys.JOBS, keys.DIRECTORY_JOBS, keys.collection_jobs(loads.collection)):
        assert loads.redis.zrange(name, 0, -1) == [new.encode()]


def test_a_query_that_nobody_answers_is_gone_in_time(loads: Loads) -> None:
    Queries(loads.redis).put_image(
        Query(id="q", weights="w-1", pooling="avg", seconds=30), b"picture"
    )
    assert 0 < loads.redis.pttl(keys.query("q", "image")) <= 30_000
