"""Celery's queues: what is sent through them, and how."""
