"""Webhooks over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from gateway.schemas.fields import EXAMPLE_JOB_ID, Address, Input, Page, moment
from shared.domain.webhook import WebhookEvent, WebhookState

_EXAMPLE_URL = "https://example.com/lookalike"

Events = Annotated[
    list[WebhookEvent],
    Field(min_length=1, max_length=1, description="What it is told of: `job.finished`."),
    AfterValidator(lambda events: list(dict.fromkeys(events))),
]


class WebhookInput(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "url": _EXAMPLE_URL,
                "events": ["job.finished"],
                "secret": "at least sixteen characters",
            }
        }
    )

    url: Address
    events: Events
    secret: SecretStr = Field(
        min_length=16,
        max_length=256,
        description="The key of the signatures. It is not shown again.",
    )


class LastDelivery(BaseModel):
    """The last try to deliver a message."""

    job: str
    at: datetime
    ok: bool
    code: str = Field(
        description="`http_200` and the like for the status that was answered, or why there was "
        "none: `fetch_forbidden`, `fetch_timeout`, `fetch_failed`."
    )


class Webhook(BaseModel):
    """An address that is told of events."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_JOB_ID,
                "url": _EXAMPLE_URL,
                "events": ["job.finished"],
                "created_at": "2026-05-02T10:00:00Z",
                "waiting": 1,
                "delivered": 17,
                "given_up": 0,
                "dropped": 0,
                "failures": 2,
                "next_try": "2026-05-02T10:04:20Z",
                "last_delivery": {
                    "job": EXAMPLE_JOB_ID,
                    "at": "2026-05-02T10:04:00Z",
                    "ok": False,
                    "code": "http_503",
                },
            }
        }
    )

    id: str
    url: str
    events: Sequence[WebhookEvent]
    created_at: datetime
    waiting: int = Field(description="Messages that are to be delivered.")
    delivered: int
    given_up: int = Field(description="Messages that were tried for twelve hours in vain.")
    dropped: int = Field(description="Messages that came while 10,000 waited.")
    failures: int = Field(description="Tries in vain since the last success.")
    next_try: datetime | None
    last_delivery: LastDelivery | None

    @classmethod
    def of(cls, state: WebhookState) -> Self:
        webhook, last = state.webhook, state.last
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=webhook.events,
            created_at=moment(webhook.created_at),
            waiting=state.waiting,
            delivered=state.delivered,
            given_up=state.given_up,
            dropped=state.dropped,
            failures=state.failures,
            next_try=None if state.next_try is None else moment(state.next_try),
            last_delivery=last
            and LastDelivery(job=last.job_id, at=moment(last.at), ok=last.ok, code=last.code),
        )


class WebhookList(Page[Webhook]):
    """Webhooks, the oldest first."""
