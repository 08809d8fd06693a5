"""Outages of the stores during a chunk: every file is indexed and counted once."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from shared.errors import PictureError
from shared.ledger import keys
from shared.pictures.square import Picture
from shared.redis import connect
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load
from tests.services import MilvusLite, Valkey


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    service = Valkey(tmp_path / "valkey")
    yield service
    service.kill()


@pytest.fixture
def own_milvus(tmp_path: Path) -> Iterator[MilvusLite]:
    service = MilvusLite(tmp_path / "milvus")
    yield service
    service.kill()


def work_while_away(load: Load, service: Valkey | MilvusLite) -> tuple[str, threading.Thread]:
    """Work on a chunk in a thread; the service has died by the time this returns."""
    job_id, (chunk,) = load.job(sorted(load.root.iterdir()))
    dead = threading.Event()

    def decode_all(data: Sequence[bytes]) -> list[Picture | PictureError]:
        service.kill()
        dead.set()
        return [decode(item, load.settings.max_pixels) for item in data]

    thread = threading.Thread(target=load.worker(decode_all).work, args=(job_id, chunk))
    thread.start()
    assert dead.wait(60)
    return job_id, thread


def until_it_waits(thread: threading.Thread) -> None:
    """Long enough for the worker to meet the outage; it must not have given up."""
    thread.join(1.5)
    assert thread.is_alive()


def done(thread: threading.Thread) -> bool:
    thread.join(60)
    return not thread.is_alive()


@pytest.fixture
def without_milvus(
    settings: Settings,
    own_milvus: MilvusLite,
    encoder: Encoder,
    drawn: Drawn,
    decoders: DecoderPool,
) -> Iterator[Load]:
    settings = settings.model_copy(update={"milvus_uri": own_milvus.uri})
    load = Load(settings, connect(settings), encoder, decoders)
    load.make_collection()
    drawn(1)
    yield load
    load.close()


def test_milvus_away_is_waited_out(without_milvus: Load, own_milvus: MilvusLite) -> None:
    load = without_milvus
    job_id, thread = work_while_away(load, own_milvus)
    until_it_waits(thread)
    own_milvus.start()
    assert done(thread)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", 1, 0)
    assert all(load.rows(*load.root.iterdir()))


def test_waiting_ends_with_the_job(without_milvus: Load, own_milvus: MilvusLite) -> None:
    load = without_milvus
    job_id, thread = work_while_away(load, own_milvus)
    until_it_waits(thread)
    load.jobs.cancel(job_id)
    assert done(thread)
    job = load.jobs.get(job_id)
    assert (job.status, job.done) == ("cancelled", 0)


def test_waiting_ends_with_the_process(without_milvus: Load, own_milvus: MilvusLite) -> None:
    """The chunk is given back, and the next worker has it as if nothing had been."""
    load = without_milvus
    job_id, thread = work_while_away(load, own_milvus)
    until_it_waits(thread)
    load.stopping.set()
    assert done(thread)
    # As at a process's end: its locks, of rows whose write may be under way, end with it.
    load.redis.delete(*load.redis.keys(f"{keys.WORKER}*"))
    own_milvus.start()
    load.stopping.clear()
    (chunk,) = (key.decode() for key in load.redis.hkeys(f"lookalike:job:{job_id}:chunks"))
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1


def test_redis_away_is_waited_out(
    settings: Settings,
    own_valkey: Valkey,
    encoder: Encoder,
    drawn: Drawn,
    decoders: DecoderPool,
) -> None:
    settings = settings.model_copy(update={"redis_url": type(settings.redis_url)(own_valkey.url)})
    load = Load(settings, connect(settings), encoder, decoders)
    load.make_collection()
    drawn(1)
    job_id, thread = work_while_away(load, own_valkey)
    until_it_waits(thread)
    own_valkey.start()
    assert done(thread)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", 1, 0)
    load.close()
