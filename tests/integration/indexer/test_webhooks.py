"""Messages delivered to a receiver that is up, down or private."""

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from indexer.webhooks.delivery import WebhookDelivery
from shared.domain.webhook import Webhook
from shared.fetch.poster import Poster
from shared.ledger import Webhooks
from shared.redis import RedisClient
from shared.settings import Settings
from tests.integration.indexer.loads import Loads
from tests.services import wait_until
from tests.web import Web, reply

SECRET = "sixteen or more of them"
PRIVATE = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    with web.serve():
        yield web


@pytest.fixture
def webhooks(redis: RedisClient) -> Webhooks:
    return Webhooks(redis)


@pytest.fixture
def delivery(loads: Loads) -> Iterator[WebhookDelivery]:
    """An indexer that may post to this machine."""
    made = WebhookDelivery(loads.indexer().stores, Poster(Settings(fetch_allow=(PRIVATE,))))
    yield made
    made.stop()


@pytest.fixture
def hook(webhooks: Webhooks, web: Web) -> str:
    """A webhook for the server's `/hook`; gives its id."""
    return keep(webhooks, f"http://127.0.0.1:{web.port}/hook?token=shown-to-nobody")


def keep(webhooks: Webhooks, url: str) -> str:
    made = Webhook(
        id=hashlib.sha256(url.encode()).hexdigest()[:32],
        url=url,
        events=("job.finished",),
        secret=SecretStr(SECRET),
        created_at=1.0,
    )
    webhooks.add(made)
    return made.id


def ended(loads: Loads) -> str:
    job = loads.job(request_id="r-1")
    loads.jobs.cancel(job)
    return job


PATH = "/hook?token=shown-to-nobody"


def test_a_message_arrives_signed(
    loads: Loads, delivery: WebhookDelivery, web: Web, hook: str, webhooks: Webhooks
) -> None:
    web.pages[PATH] = reply(200)
    job = ended(loads)

    with capture_logs() as lines:
        assert delivery.deliver_next()
        assert not delivery.deliver_next()

    ((headers, body),) = web.posted
    signed = headers["X-Lookalike-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Lookalike-Signature"] == f"sha256={expected}"
    told = json.loads(body)
    assert told["id"] == headers["X-Lookalike-Delivery"]
    assert (told["job"]["id"], told["job"]["status"]) == (job, "cancelled")
    assert abs(loads.jobs.now() - int(headers["X-Lookalike-Timestamp"])) < 60
    assert webhooks.get(hook).delivered == 1
    assert [line["event"] for line in lines] == ["webhook_delivered"]
    assert "shown-to-nobody" not in str(lines)
    assert SECRET not in str(lines)


def test_a_receiver_that_was_down_gets_all_in_order(
    loads: Loads,
    delivery: WebhookDelivery,
    web: Web,
    hook: str,
    webhooks: Webhooks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.ledger.webhooks.FIRST_WAIT_SECONDS", 0.0)
    web.pages[PATH] = reply(503)
    jobs = [ended(loads) for _ in range(3)]
    for _ in range(2):
        assert delivery.deliver_next()
    state = webhooks.get(hook)
    assert (state.failures, state.waiting, state.delivered) == (2, 3, 0)
    assert state.last is not None
    assert (state.last.ok, state.last.code) == (False, "http_503")

    web.pages[PATH] = reply(200)
    while delivery.deliver_next():
        pass

    bodies = [json.loads(body) for _, body in web.posted]
    assert [told["job"]["id"] for told in bodies] == [jobs[0], jobs[0], *jobs]
    assert len({told["id"] for told in bodies}) == 3
    assert len({body for _, body in web.posted}) == 3
    state = webhooks.get(hook)
    assert (state.failures, state.waiting, state.delivered) == (0, 0, 3)


def test_what_a_killed_indexer_was_delivering_another_one_delivers(
    loads: Loads, delivery: WebhookDelivery, web: Web, hook: str, webhooks: Webhooks
) -> None:
    web.pages[PATH] = reply(200)
    job = ended(loads)
    # It had taken the message, and posted it or not.
    assert webhooks.take(0) is not None

    assert delivery.deliver_next()

    assert [json.loads(body)["job"]["id"] for _, body in web.posted] == [job]
    assert webhooks.get(hook).delivered == 1


def test_a_private_address_is_never_connected_to(
    loads: Loads, web: Web, hook: str, webhooks: Webhooks
) -> None:
    strict = WebhookDelivery(loads.indexer().stores)
    ended(loads)

    assert strict.deliver_next()
    strict.stop()

    assert (web.posted, web.asked) == ([], [])
    state = webhooks.get(hook)
    assert state.last is not None
    assert (state.failures, state.last.code) == (1, "fetch_forbidden")


def test_a_redirect_is_a_failure(
    loads: Loads, delivery: WebhookDelivery, web: Web, hook: str, webhooks: Webhooks
) -> None:
    web.pages[PATH] = reply(307, Location="/elsewhere")
    ended(loads)

    assert delivery.deliver_next()

    state = webhooks.get(hook)
    assert state.last is not None
    assert (state.failures, state.last.code, web.asked) == (1, "http_307", [PATH])


def test_a_job_that_was_dropped_is_told_to_nobody(
    loads: Loads, delivery: WebhookDelivery, web: Web, hook: str, webhooks: Webhooks
) -> None:
    web.pages[PATH] = reply(200)
    loads.job()
    loads.jobs.forget_collection(loads.collection)
    other = loads.job(collection="another")
    loads.jobs.cancel(other)

    while delivery.deliver_next():
        pass

    assert [json.loads(body)["job"]["id"] for _, body in web.posted] == [other]
    assert webhooks.get(hook).given_up == 1


def test_threads_deliver_while_one_receiver_is_slow(
    loads: Loads, delivery: WebhookDelivery, web: Web, hook: str, webhooks: Webhooks
) -> None:
    web.pages[PATH] = reply(200)
    delivery.start()

    ended(loads)

    wait_until(lambda: webhooks.get(hook).delivered == 1, 20, "the delivery")
    assert len(web.posted) == 1
