"""The Celery application that gateway, indexer and encoders share."""

from celery import Celery
from kombu import Queue

from shared.queue import celery_wakeup  # noqa: F401 - connects itself to Celery's signals
from shared.queue.routing import PRIORITY_STEPS, QUEUES
from shared.settings import Settings


def create_celery(settings: Settings) -> Celery:
    """Create the application: JSON only, no results, no prefetch.

    A message is not delivered again: a lost worker's chunks are queued anew when their leases in
    the ledger expire, without Celery's visibility timeout (DECISIONS.md).
    """
    app = Celery("lookalike", broker=settings.redis_address, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_queues=[Queue(name) for name in QUEUES],
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2,
        broker_transport="shared.queue.transport:Transport",
        # A worker that starts while Redis takes no writes waits for it.
        broker_channel_error_retry=True,
        broker_transport_options={
            "priority_steps": list(PRIORITY_STEPS),
            "queue_order_strategy": "priority",
            # No copy of unacknowledged messages: it costs two writes each, and leases replace it.
            "ack_emulation": False,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.2,
        },
    )
    return app
