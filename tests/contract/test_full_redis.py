"""A Redis that answers and takes no writes: every call says why, and none is a 500."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.domain.query import Query
from shared.ledger import Queries
from shared.settings import Settings
from tests.contract.calls import every_call, load, png, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.refusing_valkey import REFUSALS, FragileValkey, Refusal, fragile_valkey
from tests.services import Process, wait_until

#: What has something to write to the ledger here.
_WRITES = ("create_job", "upload_images", "pause", "cancel", "search", "train", "v1_search")


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[FragileValkey]:
    with fragile_valkey(tmp_path / "own_valkey") as own:
        yield own


@pytest.fixture
def own_settings(settings: Settings, fragile: FragileValkey) -> Settings:
    url = type(settings.redis_url)(fragile.service.url)
    return settings.model_copy(update={"redis_url": url})


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_redis_that_takes_no_writes_is_named(
    own_settings: Settings, fragile: FragileValkey, refusal: Refusal, pictures_root: Path
) -> None:
    collection = own_settings.default_collection
    with Encoder(own_settings, answers=False), serving(own_settings) as api:
        job = load(api, collection, pictures_root).json()["id"]
        refusal.begin(fragile)
        replies = every_call(api, collection, pictures_root, job)
        refusal.end(fragile)
        again = load(api, collection, pictures_root)

    for name in _WRITES:
        body = problem(replies[name], 503, refusal.code)
        assert int(replies[name].headers["Retry-After"]) > 0, name
        assert "Redis" in body["detail"]
    away = {name: reply for name, reply in replies.items() if reply.status_code >= 500}
    for name, reply in away.items():
        assert reply.status_code == 503, (name, reply.text)
        assert reply.json()["code"] == refusal.code, (name, reply.text)
    assert replies["list_jobs"].status_code == replies["get_job"].status_code == 200
    assert again.status_code == 202


def test_a_redis_that_reads_its_file_is_named(
    own_settings: Settings, fragile: FragileValkey, pictures_root: Path
) -> None:
    with Encoder(own_settings, answers=False), serving(own_settings) as api:
        load(api, own_settings.default_collection, pictures_root).raise_for_status()
        for number in range(100):
            fragile.client.set(f"test:{number}", os.urandom(4000))
        fragile.client.bgrewriteaof()
        done = {"aof_rewrite_in_progress": 0, "aof_rewrite_scheduled": 0}
        wait_until(lambda: done.items() <= fragile.client.info("persistence").items(), 20, "a file")
        fragile.service.kill()
        # A tenth of a second for each key, and an answer in between.
        slow = ("--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024")
        fragile.service.command += slow
        Process.start(fragile.service)

        def refused() -> httpx.Response | None:
            reply = api.get("/api/v2/jobs")
            return reply if reply.json().get("code") == "redis_loading" else None

        reply = wait_until(refused, 20, "Redis at its file")
        problem(reply, 503, "redis_loading")
        assert int(reply.headers["Retry-After"]) > 0
        wait_until(lambda: api.get("/api/v2/jobs").status_code == 200, 60, "Redis")


def test_a_search_is_answered_although_redis_fills_up_meanwhile(
    own_settings: Settings, fragile: FragileValkey
) -> None:
    """The reply takes the place of the picture, so that no client waits for it in vain."""
    collection = own_settings.default_collection
    full = REFUSALS[0]

    class Filling(Encoder):
        def _answer(self, queries: Queries, query: Query) -> None:
            full.begin(fragile)
            super()._answer(queries, query)

    with Filling(own_settings), serving(own_settings) as api:
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        url = f"/api/v2/collections/{collection}/search"
        reply = api.post(url, files={"file": png(1)})

    assert reply.status_code == 200, reply.text
    assert reply.json()["hits"] == []
