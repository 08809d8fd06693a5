"""Messages for webhooks: one for each job that ends, until it is delivered."""

import pytest
from pydantic import SecretStr

from shared.domain.chunk import ChunkOutcome
from shared.domain.job import JobError
from shared.domain.webhook import MAX_WEBHOOKS, Webhook
from shared.errors import Conflict, NotFound
from shared.ledger import Webhooks, keys
from shared.redis import RedisClient
from tests.integration.shared.ledger.ledger import Ledger


@pytest.fixture
def webhooks(redis: RedisClient) -> Webhooks:
    return Webhooks(redis)


def webhook(name: str = "a", created_at: float = 1.0) -> Webhook:
    return Webhook(
        id=name * 32,
        url=f"https://{name}.example/",
        events=("job.finished",),
        secret=SecretStr("sixteen or more of them"),
        created_at=created_at,
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second try comes at once."""
    monkeypatch.setattr("shared.ledger.webhooks.FIRST_WAIT_SECONDS", 0.0)


def ended(ledger: Ledger) -> str:
    job = ledger.create()
    ledger.jobs.cancel(job)
    return job


def taken(webhooks: Webhooks) -> list[str]:
    """The jobs of all messages that are due, which are settled as delivered."""
    found = []
    while (message := webhooks.take(60)) is not None:
        found.append(message.job_id)
        assert webhooks.settle(message, "delivered", "http_200")
    return found


def test_every_end_of_a_job_is_told_once(ledger: Ledger, webhooks: Webhooks) -> None:
    ended(ledger)
    webhooks.add(webhook())
    done, chunk = ledger.scanned()
    ledger.chunks.claim(done, chunk)
    ledger.chunks.complete(done, chunk, ChunkOutcome(indexed=4))
    failed = ledger.create()
    for _ in range(2):
        ledger.jobs.fail(failed, JobError(code="source_empty", detail="Nothing is there."))
    cancelled = ended(ledger)
    ledger.jobs.cancel(cancelled)
    ledger.create()

    assert taken(webhooks) == [done, failed, cancelled]
    state = webhooks.get("a" * 32)
    assert (state.delivered, state.waiting, state.next_try) == (3, 0, None)
    assert state.last is not None
    assert (state.last.job_id, state.last.ok, state.last.code) == (cancelled, True, "http_200")


def test_each_webhook_is_told(ledger: Ledger, webhooks: Webhooks) -> None:
    webhooks.add(webhook("a", 2.0))
    webhooks.add(webhook("b", 1.0))
    job = ended(ledger)

    assert taken(webhooks) == [job, job]
    assert [state.webhook.url for state in webhooks.list()] == [
        "https://b.example/",
        "https://a.example/",
    ]


def test_a_message_that_is_being_delivered_is_nobody_elses(
    ledger: Ledger, webhooks: Webhooks
) -> None:
    webhooks.add(webhook())
    first, second = ended(ledger), ended(ledger)

    message = webhooks.take(60)

    assert message is not None
    assert message.job_id == first
    assert webhooks.take(60) is None
    webhooks.settle(message, "delivered", "http_200")
    assert taken(webhooks) == [second]


def test_a_message_whose_process_died_is_taken_again(ledger: Ledger, webhooks: Webhooks) -> None:
    webhooks.add(webhook())
    job = ended(ledger)
    lost = webhooks.take(0)

    again = webhooks.take(60)

    assert again is not None
    assert again == lost
    assert again.job_id == job
    assert webhooks.settle(again, "delivered", "http_200")
    assert lost is not None
    assert not webhooks.settle(lost, "delivered", "http_200")
    assert webhooks.get("a" * 32).delivered == 1


def test_failures_wait_longer_and_longer_and_keep_the_order(
    ledger: Ledger, webhooks: Webhooks, redis: RedisClient
) -> None:
    webhooks.add(webhook())
    first, second = ended(ledger), ended(ledger)
    waits = []
    for _ in range(12):
        redis.zadd(keys.WEBHOOKS_DUE, {"a" * 32: 0})
        message = webhooks.take(60)
        assert message is not None
        assert message.job_id == first
        webhooks.settle(message, "failed", "http_503")
        state = webhooks.get("a" * 32)
        assert state.last is not None
        assert state.next_try is not None
        waits.append(round(state.next_try - state.last.at))

    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    assert (state.failures, state.waiting, state.delivered) == (12, 2, 0)
    assert state.last is not None
    assert (state.last.ok, state.last.code) == (False, "http_503")
    redis.zadd(keys.WEBHOOKS_DUE, {"a" * 32: 0})
    assert taken(webhooks) == [first, second]
    assert webhooks.get("a" * 32).failures == 0


def test_what_is_too_old_is_given_up_and_counted(
    ledger: Ledger, webhooks: Webhooks, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.add(webhook())
    ended(ledger)
    ended(ledger)
    monkeypatch.setattr("shared.ledger.webhooks.MAX_AGE_SECONDS", -1.0)

    message = webhooks.take(60)
    assert message is not None
    webhooks.settle(message, "failed", "fetch_timeout")

    state = webhooks.get("a" * 32)
    assert (state.given_up, state.waiting, state.delivered, state.next_try) == (2, 0, 0, None)
    assert webhooks.take(60) is None


def test_a_message_of_nothing_is_passed_over(ledger: Ledger, webhooks: Webhooks) -> None:
    webhooks.add(webhook())
    ended(ledger)
    second = ended(ledger)
    message = webhooks.take(60)
    assert message is not None

    webhooks.settle(message, "void", "job_not_found")

    assert taken(webhooks) == [second]
    state = webhooks.get("a" * 32)
    assert (state.given_up, state.delivered) == (1, 1)


def test_messages_beyond_the_limit_are_dropped_and_counted(
    ledger: Ledger, webhooks: Webhooks, redis: RedisClient
) -> None:
    webhooks.add(webhook())
    redis.rpush(keys.webhook("a" * 32, "messages"), *[f"{n} 1.0" for n in range(10_000)])

    ended(ledger)

    state = webhooks.get("a" * 32)
    assert (state.waiting, state.dropped) == (10_000, 1)


def test_a_webhook_is_forgotten_with_all_it_had(
    ledger: Ledger, webhooks: Webhooks, redis: RedisClient
) -> None:
    webhooks.add(webhook())
    ended(ledger)
    message = webhooks.take(60)
    assert message is not None

    assert webhooks.remove("a" * 32)

    assert not webhooks.settle(message, "failed", "http_500")
    assert not webhooks.remove("a" * 32)
    assert webhooks.list() == []
    assert redis.keys("lookalike:webhook*") == []
    with pytest.raises(NotFound, match="no webhook"):
        webhooks.get("a" * 32)


def test_there_are_so_many_at_most(webhooks: Webhooks) -> None:
    for number in range(MAX_WEBHOOKS):
        webhooks.add(webhook("abcdefghijklmnopqrstuvwxyz"[number]))

    with pytest.raises(Conflict) as caught:
        webhooks.add(webhook("z"))

    assert caught.value.code == "too_many_webhooks"
    assert len(webhooks.list()) == MAX_WEBHOOKS
