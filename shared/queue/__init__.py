"""The Celery application, its queues, and the dispatcher of tasks."""

from celery import Celery

from shared.queue.celery_app import create_celery
from shared.queue.dispatcher import Dispatcher
from shared.queue.routing import ENCODE, ENCODE_TASK, QUERY, QUEUES, SCAN, SCAN_TASK

__all__ = [
    "ENCODE",
    "ENCODE_TASK",
    "QUERY",
    "QUEUES",
    "SCAN",
    "SCAN_TASK",
    "Celery",
    "Dispatcher",
    "create_celery",
]
