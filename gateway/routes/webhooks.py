"""Webhooks: addresses that are told when a job has ended."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from gateway.dependencies import UrlsDep, WebhooksDep
from gateway.http.problems import problem_responses
from gateway.schemas.fields import HEX_ID, well_formed
from gateway.schemas.webhooks import Webhook, WebhookInput, WebhookList
from shared.ledger import webhook_not_found

router = APIRouter(prefix="/api/v2/webhooks", tags=["webhooks"])

WebhookPath = Annotated[
    str,
    HEX_ID,
    AfterValidator(well_formed(webhook_not_found)),
    Path(description="The webhook's id."),
]


@router.get("", summary="List the webhooks", responses=problem_responses(422, 503))
def list_webhooks(webhooks: WebhooksDep) -> WebhookList:
    """All webhooks, with what became of their messages. There are 20 at most, on one page."""
    items = [Webhook.of(state) for state in webhooks.list()]
    return WebhookList(items=items, next_cursor=None)


@router.post(
    "",
    status_code=201,
    summary="Keep a webhook",
    response_description="The webhook; `Location` is its address.",
    responses=problem_responses(400, 409, 413, 422, 503),
)
def create_webhook(
    body: WebhookInput, response: Response, webhooks: WebhooksDep, urls: UrlsDep
) -> Webhook:
    """Have an address told of each job that ends from now on, by a signed POST.

    A message is delivered at least once: it is repeated until a 2xx is answered, with growing
    waits, for twelve hours. `X-Lookalike-Delivery` is the same for each try. Its
    `X-Lookalike-Signature` is `sha256=` and the HMAC-SHA256, in hex, of `X-Lookalike-Timestamp`, a
    full stop and the body. Redirects are not followed. The address must be one from which pictures
    could be fetched.
    """
    state = webhooks.add(body.url, body.events, body.secret)
    response.headers["Location"] = urls.webhook(state.webhook.id)
    return Webhook.of(state)


@router.get("/{webhook}", summary="Show a webhook", responses=problem_responses(404, 422, 503))
def get_webhook(webhook: WebhookPath, webhooks: WebhooksDep) -> Webhook:
    """A webhook, with what became of its messages."""
    return Webhook.of(webhooks.get(webhook))


@router.delete(
    "/{webhook}",
    status_code=204,
    summary="Keep a webhook no longer",
    responses=problem_responses(404, 422, 503),
)
def delete_webhook(webhook: WebhookPath, webhooks: WebhooksDep) -> None:
    """Forget a webhook, with the messages that wait for it."""
    webhooks.remove(webhook)
