"""A message as it is sent: its body, and the headers that sign it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from shared.domain.job import Job
from shared.domain.webhook import Message

_COUNTS = ("total", "done", "indexed", "unchanged", "moved", "duplicates", "failed", "ignored")


def delivery_id(message: Message) -> str:
    """The same for each try, so that a receiver can tell what it has had."""
    return hashlib.sha256(f"{message.webhook.id} {message.job_id}".encode()).hexdigest()[:32]


def body_of(message: Message, job: Job) -> bytes:
    """The JSON of a message, the same for each try: a job's end, named as the API names it."""
    told: dict[str, Any] = {
        "id": job.spec.id,
        "collection": job.spec.collection,
        "kind": job.spec.source.kind,
        "status": job.status,
        **{name: getattr(job, name) for name in (*_COUNTS, "removed", "bytes")},
        "created_at": _moment(job.spec.created_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
        "error": job.error.model_dump() if job.error else None,
        "request_id": job.spec.request_id,
    }
    event = {
        "id": delivery_id(message),
        "event": "job.finished",
        "created_at": _moment(message.ended_at),
        "job": told,
    }
    return json.dumps(event).encode()


def signed_headers(message: Message, body: bytes, now: float) -> dict[str, str]:
    """What names, dates and signs a try; `now` in Unix seconds.

    The signature is over the time as well, so that a receiver can refuse what is old.
    """
    timestamp = str(int(now))
    secret = message.webhook.secret.get_secret_value().encode()
    signature = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Lookalike-Event": "job.finished",
        "X-Lookalike-Delivery": delivery_id(message),
        "X-Lookalike-Timestamp": timestamp,
        "X-Lookalike-Signature": f"sha256={signature}",
    }


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
