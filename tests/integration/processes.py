"""An indexer and an encoder as threads, which take messages from the real queues and may die."""

import contextlib
import threading
import uuid
from collections.abc import Callable
from typing import Any

from indexer.recovery.flush import FlushAfterLoads
from indexer.recovery.recovery import Recovery
from shared.domain.job import Job
from shared.ledger import keys
from shared.queue import ENCODE, SCAN, Dispatcher
from shared.redis import connect
from tests.chunks import BULK_KEY, task_arguments
from tests.crash_points import CrashPoints, Doomed, Killed
from tests.integration.indexer.loads import Indexer
from tests.integration.library import Library
from tests.services import wait_until

#: How soon a lost message is sent again, and never.
_SOON, _NEVER = 0.4, 600.0
_TAKE_SECONDS = 0.05
_QUEUES = (SCAN, ENCODE, BULK_KEY)


class _Threads:
    """The threads of one process."""

    def __init__(self, points: CrashPoints, doomed: Doomed, worker_id: str) -> None:
        self.doomed = doomed
        self.worker_id = worker_id
        self._points = points
        self._ended = threading.Event()
        #: Set once recovery has looked at every job.
        self.recovered = threading.Event()
        self._threads: list[threading.Thread] = []

    def run(self, role: str, step: Callable[[], object]) -> None:
        """Take a step again and again, until the process ends."""
        thread = threading.Thread(target=self._loop, args=(role, step))
        self._threads.append(thread)
        thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _loop(self, role: str, step: Callable[[], object]) -> None:
        with self._points.process(self.doomed, role), contextlib.suppress(Killed):
            while not self._ended.is_set() and not self.doomed.dead.is_set():
                step()


class System:
    """A library's indexer and encoder; one that dies is replaced by another."""

    def __init__(self, library: Library, points: CrashPoints) -> None:
        self._library = library
        self._points = points
        self._redis = library.redis
        self._settings = library.indexing.settings
        self._dispatcher = Dispatcher(library.indexing.app)
        # The library's own encoders take no messages.
        self._redis.delete(*_QUEUES)

    def load(self, indexer: Doomed, encoder: Doomed, **spec: Any) -> Job:
        """Load the folder to the job's end, and until all messages were taken.

        If no process is to die, no message is sent twice, so that the calls are always the same.
        The scan is asked for once recovery was through the job, however soon that may end.
        """
        lease = _SOON if indexer.point or encoder.point else _NEVER
        self._settings = self._settings.model_copy(update={"lease_seconds": lease})
        job_id = self._library.indexing.job(**spec)
        with contextlib.ExitStack() as stack:
            running = [self._indexer(indexer, stack), self._encoder(encoder, stack)]
            wait_until(
                lambda: running[0].recovered.is_set() or indexer.dead.is_set(), 30, "recovery"
            )
            self._dispatcher.send_scan(job_id)
            starts = (self._indexer, self._encoder)

            def ended() -> bool:
                for index, start in enumerate(starts):
                    if running[index].doomed.dead.is_set():
                        self._redis.delete(keys.WORKER + running[index].worker_id)
                        running[index] = start(Doomed(None), stack)
                finished = self._library.jobs.get(job_id).finished
                return finished and not self._redis.exists(*_QUEUES)

            wait_until(ended, 60, f"the end of the job ({indexer.point or encoder.point})")
        return self._library.jobs.get(job_id)

    def _indexer(self, doomed: Doomed, stack: contextlib.ExitStack) -> _Threads:
        indexer = Indexer(self._settings, self._library.indexing.app, self._redis)
        stores = indexer.stores
        flush = FlushAfterLoads(stores.jobs, stores.collections)
        recovery = Recovery(stores, flush)
        threads = _Threads(self._points, doomed, indexer.id)

        def recover() -> None:
            recovery.run_once()
            threads.recovered.set()
            stores.stop.wait(_TAKE_SECONDS)
            if doomed.dead.is_set():
                stores.stop.set()

        take_scan = self._consumer(indexer.scan, stack, SCAN)
        stack.callback(indexer.close)
        stack.callback(flush.stop)
        stack.callback(threads.end)
        stack.callback(stores.stop.set)
        threads.run("scan", take_scan)
        threads.run("recovery", recover)
        return threads

    def _encoder(self, doomed: Doomed, stack: contextlib.ExitStack) -> _Threads:
        name = uuid.uuid4().hex
        worker = self._library.encoding.worker(name=name)
        threads = _Threads(self._points, doomed, name)
        take_chunk = self._consumer(worker.work, stack, ENCODE, BULK_KEY)
        stack.callback(threads.end)
        threads.run("encoder", take_chunk)
        return threads

    def _consumer(
        self, work: Callable[..., object], stack: contextlib.ExitStack, *queues: str
    ) -> Callable[[], None]:
        redis = connect(self._settings)
        stack.callback(redis.close)

        def step() -> None:
            taken = redis.blpop(queues, timeout=_TAKE_SECONDS)
            if taken is not None:
                work(*task_arguments(taken[1]))

        return step
