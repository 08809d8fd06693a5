"""A load ends by itself with exact counts, whichever process is killed during it."""

from pathlib import Path

import pytest

from shared.files.uris import file_uri
from tests.services import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.chaos


def assert_exact(stack: Stack, collection: str, job_id: str, photos: list[Path]) -> None:
    """The job ended with every picture counted once, and each is in Milvus once."""
    job = stack.wait_job(job_id)
    assert job["status"] == "done", job
    assert job["indexed"] == job["done"] == job["total"] == len(photos), job
    uris = [image["uri"] for image in stack.images(collection)]
    assert sorted(uris) == sorted(map(file_uri, photos))
    hits = stack.search(collection, photos[0].read_bytes(), top_k=1)["hits"]
    assert hits[0]["uri"] == file_uri(photos[0])
    assert stack.client.delete(f"/api/v2/collections/{collection}").status_code == 204


def test_an_encoder_killed_twice(chaos_stack: Stack, photos: list[Path]) -> None:
    job = chaos_stack.load("encoder_killed")
    encoder = chaos_stack.processes["encoder1"]

    for share in (0.15, 0.4):
        chaos_stack.wait_done(job["id"], int(len(photos) * share))
        encoder.kill()
        assert chaos_stack.job(job["id"])["status"] in ("scanning", "running")
        encoder.start()

    assert_exact(chaos_stack, "encoder_killed", job["id"], photos)


def test_the_indexer_killed_while_it_scans(chaos_stack: Stack, photos: list[Path]) -> None:
    job = chaos_stack.load("indexer_killed")
    chaos_stack.wait_done(job["id"], len(photos) // 6)
    indexer = chaos_stack.processes["indexer"]

    # Eight chunks of eight may be cut ahead: the scan is still on its way.
    assert chaos_stack.job(job["id"])["status"] == "scanning"
    indexer.kill()
    indexer.start()

    assert_exact(chaos_stack, "indexer_killed", job["id"], photos)


def test_the_gateway_killed(chaos_stack: Stack, photos: list[Path]) -> None:
    job = chaos_stack.load("gateway_killed")
    chaos_stack.wait_done(job["id"], len(photos) // 6)
    gateway = chaos_stack.processes["gateway"]

    gateway.kill()
    gateway.start()
    chaos_stack.wait_ready()

    assert_exact(chaos_stack, "gateway_killed", job["id"], photos)


def test_valkey_killed_and_restarted_with_its_file(chaos_stack: Stack, photos: list[Path]) -> None:
    job = chaos_stack.load("valkey_killed")
    chaos_stack.wait_done(job["id"], len(photos) // 6)

    chaos_stack.valkey.kill()
    reply = chaos_stack.client.get(f"/api/v2/jobs/{job['id']}")
    chaos_stack.valkey.start()

    assert reply.status_code == 503
    assert reply.json()["code"] == "redis_unavailable"
    assert int(reply.headers["Retry-After"]) > 0
    chaos_stack.wait_ready()
    assert_exact(chaos_stack, "valkey_killed", job["id"], photos)


def test_milvus_killed_and_restarted(chaos_stack: Stack, photos: list[Path]) -> None:
    job = chaos_stack.load("milvus_killed")
    chaos_stack.wait_done(job["id"], len(photos) // 6)

    chaos_stack.milvus.kill()
    reply = chaos_stack.client.get("/api/v2/collections/milvus_killed")
    ready = chaos_stack.client.get("/health/ready")
    chaos_stack.milvus.start()

    assert reply.status_code == 503
    assert reply.json()["code"] == "milvus_unavailable"
    assert ready.status_code == 503
    chaos_stack.wait_ready()
    assert_exact(chaos_stack, "milvus_killed", job["id"], photos)


def test_no_encoder(chaos_stack: Stack, photos: list[Path]) -> None:
    encoder, query = chaos_stack.processes["encoder1"], chaos_stack.processes["query"]
    encoder.kill()
    query.kill()

    def not_ready() -> bool:
        return chaos_stack.client.get("/health/ready").status_code == 503

    wait_until(not_ready, 30, "readiness to notice that no encoder is there")
    job = chaos_stack.load("no_encoder")
    search = chaos_stack.client.post(
        "/api/v2/collections/no_encoder/search", files={"file": photos[0].read_bytes()}
    )
    encoder.start()
    query.start()
    chaos_stack.wait_ready()

    assert search.status_code == 503
    assert search.json()["code"] == "no_encoder"
    assert_exact(chaos_stack, "no_encoder", job["id"], photos)


def test_two_encoders_share_a_load_and_one_dies(chaos_stack: Stack, photos: list[Path]) -> None:
    second = chaos_stack.start_encoder()

    chaos_stack.wait_encoders(2)
    job = chaos_stack.load("two_encoders")
    chaos_stack.wait_done(job["id"], len(photos) // 4)

    chaos_stack.processes.pop(second).kill()

    assert_exact(chaos_stack, "two_encoders", job["id"], photos)
