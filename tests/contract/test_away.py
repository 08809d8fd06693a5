"""The gateway without Redis, Milvus or both: it starts, reports it, and recovers."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.redis import connect
from shared.settings import Settings
from tests.contract.calls import every_call, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.services import Valkey, wait_until


def test_with_both_away_every_call_is_503(base_settings: Settings, collection: str) -> None:
    locked = base_settings.model_copy(update={"api_keys": (SecretStr("a-long-random-key"),)})
    with serving(locked) as api:
        # Without a key of the setting nobody could tell whether there are stored ones.
        api.headers["X-API-Key"] = "a-long-random-key"
        replies = every_call(api, collection, base_settings.image_roots[0])
        alive = api.get("/health/live")
        ready = api.get("/health/ready")
        metrics = api.get("/metrics")
        folders = api.get("/api/v2/folders")
        page = api.get("/")

    for reply in replies.values():
        code = reply.json()["code"]
        assert code in ("redis_unavailable", "milvus_unavailable")
        problem(reply, 503, code)
        assert int(reply.headers["Retry-After"]) > 0
    assert (alive.status_code, folders.status_code, page.status_code) == (200, 200, 200)
    assert ready.status_code == 503
    assert {ready.json()[part]["state"] for part in ("redis", "milvus", "encoder")} == {"away"}
    assert metrics.status_code == 200
    assert "lookalike_redis_up 0.0" in metrics.text
    assert "lookalike_images_total" not in metrics.text
    assert "lookalike_http_requests_total" in metrics.text


def test_with_milvus_away_the_ledger_still_answers(
    settings: Settings, base_settings: Settings, collection: str, pictures_root: Path
) -> None:
    alone = settings.model_copy(update={"milvus_uri": base_settings.milvus_uri})
    with Encoder(settings), serving(alone) as api:
        replies = every_call(api, collection, pictures_root)
        ready = api.get("/health/ready").json()
        metrics = api.get("/metrics").text

    for name in ("list_jobs", "system", "process", "list_webhooks"):
        assert replies.pop(name).status_code == 200, name
    assert replies.pop("create_webhook").status_code == 201
    for name in ("get_webhook", "delete_webhook"):
        problem(replies.pop(name), 404, "webhook_not_found")
    steps = ("pause", "resume", "cancel", "retry")
    for name in ("get_job", "events", "failures", "job_duplicates", *steps):
        problem(replies.pop(name), 404, "job_not_found")
    for name, reply in replies.items():
        assert reply.status_code == 503, (name, reply.text)
        problem(reply, 503, "milvus_unavailable")
    assert (ready["redis"]["state"], ready["milvus"]["state"]) == ("ok", "away")
    assert "lookalike_redis_up 1.0" in metrics


def test_the_gateway_recovers_when_redis_comes_back(settings: Settings, tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "own_valkey")
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
        with serving(own) as api:
            assert api.get("/api/v2/jobs").status_code == 200
            valkey.kill()
            problem(api.get("/api/v2/jobs"), 503, "redis_unavailable")
            valkey.start()
            wait_until(lambda: api.get("/api/v2/jobs").status_code == 200, 10, "an answer")
            assert api.get("/metrics").text.count("lookalike_redis_up 1.0") == 1
    finally:
        valkey.kill()


def test_a_redis_that_takes_no_writes_is_away(settings: Settings, tmp_path: Path) -> None:
    """OOM, and with a full disk MISCONF, are answers of Redis and outages all the same."""
    folder = tmp_path / "own_valkey"
    valkey = Valkey(folder)
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
        redis = connect(own)
        with Encoder(own, answers=False), serving(own) as api:
            url = f"/api/v2/collections/{own.default_collection}/jobs"
            load = {"source": {"kind": "directory", "path": str(own.image_roots[0])}}
            assert api.post(url, json=load).status_code == 202
            redis.config_set("appendonly", "no")
            redis.config_set("save", "3600 1")
            shutil.rmtree(folder)
            redis.set("changed", 1)
            redis.bgsave()
            failed = {"rdb_last_bgsave_status": "err"}
            wait_until(lambda: failed.items() <= redis.info("persistence").items(), 20, "an error")
            problem(api.post(url, json=load), 503, "redis_not_saving")
            assert api.get("/api/v2/jobs").status_code == 200
        redis.close()
    finally:
        valkey.kill()


@pytest.mark.parametrize("part", ["redis_url", "milvus_uri"])
def test_addresses_and_passwords_are_told_to_nobody(
    settings: Settings, base_settings: Settings, part: str
) -> None:
    away = settings.model_copy(update={part: getattr(base_settings, part)})
    with serving(away) as api:
        for path in ("/api/v2/collections", "/api/v2/jobs", "/health/ready"):
            reply = api.get(path)
            assert "127.0.0.1" not in reply.text
            assert "Error" not in reply.text
