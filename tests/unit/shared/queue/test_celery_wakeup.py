"""A task's end wakes the loop that fetches the next one."""

import threading
from typing import Any

from celery import signals
from kombu.asynchronous import Hub

from shared.queue import celery_wakeup


class _Consumer:
    """What Celery sends along when a worker is ready."""

    def __init__(self, hub: Hub | None) -> None:
        self.hub = hub


def test_a_tasks_end_in_a_thread_wakes_the_loop_twice() -> None:
    """At once, to set a timer, and by that timer, when the thread counts as free."""
    hub = Hub()
    looks = threading.Semaphore(0)
    # Nothing else is to wake it: the loop sleeps for ever where it has a timer far away.
    hub.call_later(3600, print)
    # A set, which the stubs take for a list.
    on_tick: Any = hub.on_tick
    on_tick.add(looks.release)
    loop = threading.Thread(target=hub.run_forever, daemon=True)
    try:
        signals.worker_ready.send(_Consumer(hub))
        loop.start()
        assert looks.acquire(timeout=10)
        signals.task_postrun.send(None)
        assert looks.acquire(timeout=10)
        assert looks.acquire(timeout=10)
    finally:
        hub.stop()
        loop.join(10)
        signals.worker_ready.send(_Consumer(None))
        hub.close()
    assert not loop.is_alive()
    assert celery_wakeup._hubs == []
