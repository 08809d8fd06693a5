"""An encoder that asks the ledger for all that a real one does, and encodes nothing.

Usage: `python -m tests.benchmarks.ledger_encoder REDIS_URL THREADS`. It ends when its queue has
been empty for some seconds.
"""

import base64
import json
import sys
import threading
import time
import uuid

from shared.domain.chunk import FileRef
from shared.domain.image import image_id
from shared.domain.worker import WorkerInfo
from shared.ledger import Chunks, Filesystems, Heartbeat, RowLock, RowLocks, Workers
from shared.queue.routing import PRIORITY_STEPS
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.benchmarks import simulated

#: Kombu keeps the messages of the priority 0 under the queue's name, others under this.
QUEUES = [f"encode\x06\x16{step}" if step else "encode" for step in PRIORITY_STEPS]
_IDLE_SECONDS = 4


class LedgerEncoder:
    """Takes chunks, as `encoder_worker.chunks` does, from the message to the report."""

    def __init__(self, redis: RedisClient, worker_id: str) -> None:
        self._redis = redis
        self.chunks = Chunks(redis, worker_id)
        self._locks = RowLocks(redis, worker_id)
        self._filesystems = Filesystems(redis)

    def work_until_idle(self) -> None:
        """Work on chunks until there is none for some seconds."""
        # A kombu worker waits on all lists of its queue at once.
        while (found := self._redis.brpop(QUEUES, timeout=_IDLE_SECONDS)) is not None:
            job_id, chunk_id = json.loads(base64.b64decode(json.loads(found[1])["body"]))[0]
            self.work(job_id, chunk_id)

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk, lock its rows as if to write them, and report it."""
        claim = self.chunks.claim(job_id, chunk_id)
        if claim is None:
            return
        collection = claim.spec.collection
        self._filesystems.before(job_id, collection)
        self._locks.now()
        outcome = simulated.outcome(claim.files, _place(claim.files[0]))
        left_out = {*outcome.duplicate_ids, *(image_id(f.uri) for f in outcome.failures)}
        ids = sorted({ref.id for ref in claim.files} - left_out)
        wanted = RowLock(collection, ids, writer=job_id, changes_labels=False)
        with self._locks.hold(wanted, time.sleep):
            pass
        self.chunks.complete(job_id, chunk_id, outcome)


def _place(ref: FileRef) -> int:
    """Which file of its load it is, as far as `simulated.outcome` needs to know."""
    return int(ref.uri.rpartition("IMG_")[2][:4])


def main(url: str, threads: int) -> None:
    """Run an encoder of several threads, with its heartbeat."""
    settings = Settings.model_validate({"redis_url": url})
    redis = connect(settings)
    info = WorkerInfo(
        id=uuid.uuid4().hex, name="encoder@bench", queue="encode", started_at=time.time()
    )
    encoder = LedgerEncoder(redis, info.id)
    heartbeat = Heartbeat(Workers(redis, settings), lambda: info, settings, encoder.chunks.held)
    heartbeat.start()
    running = [threading.Thread(target=encoder.work_until_idle) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    heartbeat.stop()
    redis.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
