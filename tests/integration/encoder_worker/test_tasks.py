"""Real worker processes and a real broker: start, tasks, stop and kill."""

import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.domain.query import Query
from shared.domain.worker import WorkerInfo
from shared.ledger import Jobs, Queries, Workers
from shared.queue import Dispatcher, create_celery
from shared.redis import RedisClient
from shared.settings import Settings
from tests.drawn import draw
from tests.encoders import encoded
from tests.integration.encoder_worker.load import Load
from tests.replies import reply_to
from tests.services import Process, wait_until

Start = Callable[..., Process]


@pytest.fixture
def start(settings: Settings, encoder_data: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a worker of a queue on this test's stores, as the supervisor does."""
    started: list[Process] = []

    def begin(queue: str, **changes: str) -> Process:
        chosen = {
            "image_roots": str(settings.image_roots[0]),
            "data_dir": str(encoder_data),
            "redis_url": settings.redis_url.get_secret_value(),
            "milvus_uri": settings.milvus_uri,
            "weights": "untrained",
            "lease_seconds": "3",
            "log_format": "json",
            **changes,
        }
        environment = {f"LOOKALIKE_{name.upper()}": value for name, value in chosen.items()}
        started.append(
            Process(
                [
                    *(sys.executable, "-m", "celery", "-A", "encoder_worker.tasks"),
                    *("worker", "-Q", queue, "-P", "threads", "-c", "2", "-n", f"{queue}@test"),
                ],
                tmp_path / f"worker{len(started)}.log",
                environment,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def alive(redis: RedisClient, settings: Settings, count: int = 1) -> list[WorkerInfo]:
    """The live workers, once there are `count`."""

    def list_alive() -> list[WorkerInfo] | None:
        found = list(Workers(redis, settings).list_alive())
        return found if len(found) == count else None

    return wait_until(list_alive, 90, f"{count} live workers")


def log(process: Process) -> str:
    return process.log.read_text(errors="replace")


def test_a_query_worker_answers_and_leaves(
    start: Start, settings: Settings, redis: RedisClient
) -> None:
    process = start("query")
    (info,) = alive(redis, settings)
    assert (info.queue, info.name, info.device) == ("query", "query@test", "cpu")
    assert info.runtime == "openvino"
    assert info.weights.startswith("untrained-")
    query = Query(id=uuid.uuid4().hex, weights=info.weights, pooling="avg", seconds=60)
    Queries(redis).put_image(query, encoded(draw(1), "JPEG"))
    Queries(redis).send(query)
    reply = reply_to(query, settings, 60)
    assert reply is not None
    assert reply.vector is not None
    assert reply.weights == info.weights
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    assert list(Workers(redis, settings).list_alive()) == []


def test_an_encode_worker_works_on_chunks_and_gives_them_back_when_told_to_stop(
    start: Start, settings: Settings, redis: RedisClient, load: Load, drawn: Callable[..., Path]
) -> None:
    files = [drawn(index) for index in range(40)]
    job_id, chunks = load.job(files[:1], files[1:])
    process = start("encode")
    alive(redis, settings)
    dispatcher = Dispatcher(create_celery(settings))
    jobs, leases = Jobs(redis, settings), f"lookalike:job:{job_id}:leases"
    dispatcher.send_chunks(job_id, [chunks[0]], 5)
    wait_until(lambda: jobs.get(job_id).indexed == 1, 60, "the first chunk")
    dispatcher.send_chunks(job_id, [chunks[1]], 5)
    wait_until(lambda: redis.hlen(leases), 60, "the second chunk's claim")
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    job = jobs.get(job_id)
    # Either it was quick enough to finish, or the chunk is free for the next worker.
    assert redis.hgetall(leases) == {}
    assert job.indexed in (1, 40)
    if job.indexed == 1:
        assert '"chunk_released"' in log(process)
        load.worker().work(job_id, chunks[1])
    assert jobs.get(job_id).status == "done"


def test_a_worker_serves_one_queue(start: Start) -> None:
    process = start("encode,query")
    assert process.wait(60) != 0
    assert "serves one queue" in log(process)


def test_weights_that_cannot_be_had_end_the_worker_with_a_reason(start: Start) -> None:
    process = start("query", weights="/nowhere/vgg16.pth")
    assert process.wait(60) == 1
    assert "There is no weight file /nowhere/vgg16.pth" in log(process)
