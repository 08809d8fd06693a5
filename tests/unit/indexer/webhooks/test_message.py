"""What a webhook is sent, and how a receiver checks it."""

import hashlib
import hmac
import json

from pydantic import SecretStr

from indexer.webhooks.message import body_of, delivery_id, signed_headers
from shared.domain.job import DirectorySource, Job, JobError, JobSpec
from shared.domain.webhook import Message, Webhook

SECRET = "sixteen or more of them"
WEBHOOK = Webhook(
    id="a" * 32,
    url="https://example.com/",
    events=("job.finished",),
    secret=SecretStr(SECRET),
    created_at=1.0,
)
MESSAGE = Message(WEBHOOK, "b" * 32, 1_700_000_009.5, f"{'b' * 32} 1700000009.5")
JOB = Job(
    spec=JobSpec(
        id="b" * 32,
        collection="photos",
        source=DirectorySource(path="/photos"),
        created_at=1_700_000_000.0,
        request_id="r-1",
    ),
    status="failed",
    total=3,
    indexed=1,
    failed=2,
    started_at=1_700_000_001.0,
    finished_at=1_700_000_009.5,
    error=JobError(code="source_empty", detail="Nothing is there."),
)


def test_a_message_tells_what_became_of_the_job() -> None:
    assert json.loads(body_of(MESSAGE, JOB)) == {
        "id": delivery_id(MESSAGE),
        "event": "job.finished",
        "created_at": "2023-11-14T22:13:29.500000Z",
        "job": {
            "id": "b" * 32,
            "collection": "photos",
            "kind": "directory",
            "status": "failed",
            "total": 3,
            "done": 3,
            "indexed": 1,
            "unchanged": 0,
            "moved": 0,
            "duplicates": 0,
            "failed": 2,
            "ignored": 0,
            "removed": 0,
            "bytes": 0,
            "created_at": "2023-11-14T22:13:20Z",
            "started_at": "2023-11-14T22:13:21Z",
            "finished_at": "2023-11-14T22:13:29.500000Z",
            "error": {"code": "source_empty", "detail": "Nothing is there."},
            "request_id": "r-1",
        },
    }


def test_a_receiver_can_check_who_sent_it_and_when() -> None:
    body = body_of(MESSAGE, JOB)

    headers = signed_headers(MESSAGE, body, 1_700_000_100.9)

    signed = b"1700000100." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers == {
        "X-Lookalike-Event": "job.finished",
        "X-Lookalike-Delivery": delivery_id(MESSAGE),
        "X-Lookalike-Timestamp": "1700000100",
        "X-Lookalike-Signature": f"sha256={expected}",
    }


def test_each_try_has_the_id_of_the_message_and_no_other_has_it() -> None:
    other_job = MESSAGE._replace(job_id="c" * 32)
    other_hook = MESSAGE._replace(webhook=WEBHOOK.model_copy(update={"id": "d" * 32}))

    again = MESSAGE._replace(ended_at=2.0)

    assert delivery_id(again) == delivery_id(MESSAGE)
    assert len({delivery_id(each) for each in (MESSAGE, other_job, other_hook)}) == 3


def test_the_secret_is_in_the_ledger_and_in_no_log() -> None:
    assert SECRET not in repr(MESSAGE) + str(WEBHOOK) + repr(WEBHOOK.model_dump())
    assert Webhook.model_validate_json(WEBHOOK.model_dump_json()) == WEBHOOK
