"""Webhooks: addresses that are told of what happens, and what became of the last message."""

from typing import Literal, NamedTuple

from pydantic import SecretStr, field_serializer

from shared.domain.base import Frozen

WebhookEvent = Literal["job.finished"]
MAX_WEBHOOKS = 20
#: Seconds after its event for which a message is tried.
MAX_AGE_SECONDS = 12 * 3600.0
#: Seconds before the second try, which double with each further one, and the most of them.
FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 10.0, 3600.0


class Webhook(Frozen):
    """An address that is told of events. The secret signs what is sent, and is never shown."""

    id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: SecretStr
    created_at: float

    @field_serializer("secret", when_used="json")
    def _kept(self, secret: SecretStr) -> str:
        # JSON is what the ledger keeps: without the secret nothing could be signed.
        return secret.get_secret_value()


class Message(NamedTuple):
    """One message for a webhook: that a job has ended, at so many Unix seconds by Redis's clock."""

    webhook: Webhook
    job_id: str
    ended_at: float
    #: What the ledger keeps of it.
    entry: str


class Delivery(Frozen):
    """The last try to deliver a message. `code` is `http_200` and the like, or why it failed."""

    job_id: str
    at: float
    ok: bool
    code: str


class WebhookState(NamedTuple):
    """A webhook and how it fares; `failures` are tries in vain since the last success."""

    webhook: Webhook
    waiting: int = 0
    delivered: int = 0
    given_up: int = 0
    dropped: int = 0
    failures: int = 0
    next_try: float | None = None
    last: Delivery | None = None
