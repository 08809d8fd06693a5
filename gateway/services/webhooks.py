"""Webhooks: kept here, delivered by indexers."""

import uuid
from collections.abc import Sequence

from pydantic import SecretStr

from shared.domain.webhook import Webhook, WebhookEvent, WebhookState
from shared.fetch.poster import Poster
from shared.ledger import Jobs, Webhooks, webhook_not_found


class WebhookService:
    """Keeps webhooks whose addresses may be reached."""

    def __init__(self, webhooks: Webhooks, jobs: Jobs, poster: Poster) -> None:
        self._webhooks = webhooks
        self._jobs = jobs
        self._poster = poster

    def list(self) -> Sequence[WebhookState]:
        """All, the oldest first."""
        return self._webhooks.list()

    def get(self, webhook_id: str) -> WebhookState:
        """Raises NotFound `webhook_not_found`."""
        return self._webhooks.get(webhook_id)

    def add(self, url: str, events: Sequence[WebhookEvent], secret: SecretStr) -> WebhookState:
        """Keep one. It is told of what happens from now on.

        Raises FetchFailed `fetch_forbidden`, `fetch_failed` for its address, Conflict
        `too_many_webhooks`.
        """
        self._poster.check(url)
        webhook = Webhook(
            id=uuid.uuid4().hex,
            url=url,
            events=tuple(events),
            secret=secret,
            created_at=self._jobs.now(),
        )
        self._webhooks.add(webhook)
        return WebhookState(webhook)

    def remove(self, webhook_id: str) -> None:
        """Forget one, with what waits for it. Raises NotFound `webhook_not_found`."""
        if not self._webhooks.remove(webhook_id):
            raise webhook_not_found(webhook_id)
