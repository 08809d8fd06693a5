"""Lists of addresses are loaded, exactly whatever dies in the middle, and known again."""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from indexer.sources import fetching
from shared.domain.chunk import FileRef
from shared.domain.job import Job, RetrySource, UrlsSource
from shared.retry import ShuttingDown
from shared.settings import Settings
from tests.drawn import JPEG
from tests.integration.indexer.loads import Indexer, Loads
from tests.services import wait_until
from tests.web import Web, reply

COUNT = 40


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    web.pages = {f"/{n}.jpg": reply(200, JPEG + bytes([n])) for n in range(COUNT)}
    with web.serve():
        yield web


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Chunks of four, of which two may wait; pictures come from this machine."""
    changes = {"fetch_allow": "127.0.0.0/8", "chunk_size": 4, "max_pending_chunks": 2}
    return Settings(**{**settings.model_dump(), **changes, "min_pending_chunks": 2})


def addresses(web: Web, count: int = COUNT) -> list[str]:
    return [web.url(f"/{n}.jpg", "127.0.0.1") for n in range(count)]


def refs(urls: list[str]) -> list[FileRef]:
    return [FileRef(uri=url, size=0, mtime_ns=0, source_url=url) for url in urls]


def load(loads: Loads, urls: list[str]) -> Job:
    return loads.load(source=UrlsSource(addresses=len(urls)), files=refs(urls))


def counts(job: Job) -> tuple[str, int, int, int, int]:
    return job.status, job.total, job.indexed, job.unchanged, job.failed


def test_addresses_are_loaded_once(loads: Loads, web: Web) -> None:
    urls = addresses(web)

    assert counts(load(loads, urls)) == ("done", COUNT, COUNT, 0, 0)
    sent = [ref for claim in loads.claims for ref in claim.files]
    assert sorted(ref.source_url or "" for ref in sent) == sorted(urls)
    assert all(ref.uri.startswith("upload://") for ref in sent)
    assert counts(load(loads, urls)) == ("done", COUNT, 0, COUNT, 0)
    assert len(web.asked) == COUNT


def test_a_list_in_a_file(loads: Loads, web: Web) -> None:
    path = loads.root / "list.csv"
    path.write_text("\n".join(["id,url", *(f"{n},{u}" for n, u in enumerate(addresses(web)))]))
    source = UrlsSource(path=str(path), column="url")

    assert counts(loads.load(source=source)) == ("done", COUNT, COUNT, 0, 0)
    assert counts(loads.load(source=source)) == ("done", COUNT, 0, COUNT, 0)


def test_a_list_without_the_column_ends_the_job(loads: Loads) -> None:
    (loads.root / "list.csv").write_text("id\n1\n")
    path = str(loads.root / "list.csv")
    job = loads.load(source=UrlsSource(path=path, column="url"))

    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "column_not_found"


def test_equal_pictures_are_one_in_whatever_order_they_come(loads: Loads, web: Web) -> None:
    web.pages |= {f"/copy{n}.jpg": web.pages["/0.jpg"] for n in range(3)}
    urls = addresses(web) + [web.url(f"/copy{n}.jpg", "127.0.0.1") for n in range(3)]

    assert counts(load(loads, urls)) == ("done", COUNT + 3, COUNT, 3, 0)


def test_failures_are_addresses_and_can_be_retried(loads: Loads, web: Web) -> None:
    urls = addresses(web)
    later = {path: web.pages.pop(path) for path in ("/3.jpg", "/5.jpg")}
    forbidden = "http://10.0.0.1/a.jpg"
    job = load(loads, [*urls, forbidden])
    failures = {f.uri: f for f in loads.jobs.iter_failures(job.spec.id)}

    assert counts(job) == ("done", COUNT + 1, COUNT - 2, 0, 3)
    assert {uri: failure.code for uri, failure in failures.items()} == {
        urls[3]: "http_404",
        urls[5]: "http_404",
        forbidden: "fetch_forbidden",
    }
    web.pages |= later
    again = [
        FileRef(uri=f.uri, size=f.size, mtime_ns=f.mtime_ns, source_url=f.source_url)
        for f in failures.values()
    ]
    retried = loads.load(source=RetrySource(job=job.spec.id, files=3), files=again)
    assert counts(retried) == ("done", 3, 2, 0, 1)


def _scan_until_it_waits(loads: Loads, job: str, indexer: Indexer) -> threading.Thread:
    def work() -> None:
        with contextlib.suppress(ShuttingDown):
            indexer.scan(job)

    scanning = threading.Thread(target=work)
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) >= 2, 10, "two chunks")
    return scanning


def test_a_dead_indexers_load_is_continued_exactly(
    loads: Loads, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deaths: some pictures are then written, some in chunks, some fetched, some failed."""
    monkeypatch.setattr(fetching, "_BATCH_FILES", 1)
    gone = [web.url(f"/gone{n}.jpg", "127.0.0.1") for n in range(3)]
    urls = [*gone, *addresses(web)]
    job = loads.job(source=UrlsSource(addresses=len(urls)), files=refs(urls))
    for _ in range(2):
        indexer = loads.indexer(loads.settings.model_copy(update={"fetch_concurrency": 1}))
        scanning = _scan_until_it_waits(loads, job, indexer)
        loads.complete(job)
        wait_until(lambda: len(loads.pending(job)) >= 2, 10, "two more chunks")
        indexer.die()
        scanning.join(20)
        assert not scanning.is_alive()
    # What had failed would succeed by now, and has been counted as a failure.
    web.pages |= {f"/gone{n}.jpg": reply(200, JPEG + bytes([200 + n])) for n in range(3)}
    found = loads.finish(job, loads.indexer())

    assert counts(found) == ("done", COUNT + 3, COUNT, 0, 3)
    assert all(web.asked.count(f"/gone{n}.jpg") == 1 for n in range(3))
    encoded = loads.encoded()
    assert len(encoded) == len(set(encoded)) == COUNT
