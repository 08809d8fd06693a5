"""Wakes a worker's event loop at the end of a task, so that it fetches the next message at once.

A worker that prefetches nothing looks for free threads whenever something wakes its event loop.
The end of a task in a thread does not wake it, so the loop would sleep for up to a second.
"""

from typing import Any

from celery import signals

#: Celery counts a thread as free just after the signal of its task's end.
_SOON_SECONDS = 0.002

_hubs: list[Any] = []


@signals.worker_ready.connect
def _store_hub(sender: Any, **_: Any) -> None:
    _hubs[:] = [sender.hub] if getattr(sender, "hub", None) is not None else []


@signals.task_postrun.connect
def _wake_hub(**_: Any) -> None:
    for hub in _hubs:
        # Only `call_soon` may be called, and wakes the loop, from another thread.
        hub.call_soon(hub.call_later, _SOON_SECONDS, _nothing)


def _nothing() -> None:
    """Waking the loop is enough: it then looks for free threads."""
