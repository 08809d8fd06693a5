"""Webhooks, and the messages that wait for each: written with the end of a job, in one transaction.

A message is taken for a while and stays until it is settled, so that it is delivered at least once,
whichever process is killed.
"""

from collections.abc import Sequence
from typing import Literal

from shared.domain.webhook import (
    FIRST_WAIT_SECONDS,
    MAX_AGE_SECONDS,
    MAX_WAIT_SECONDS,
    MAX_WEBHOOKS,
    Delivery,
    Message,
    Webhook,
    WebhookState,
)
from shared.errors import Conflict, NotFound
from shared.ledger import keys, scripts
from shared.redis import RedisClient

#: `void` is a message that there is nothing to tell of any more.
Outcome = Literal["delivered", "failed", "void"]


class Webhooks:
    """The webhooks of this installation. Messages of one are delivered in their order."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._take = redis.register_script(scripts.TAKE_MESSAGE)
        self._settle = redis.register_script(scripts.SETTLE_MESSAGE)

    def add(self, webhook: Webhook) -> None:
        """Keep one. Raises Conflict `too_many_webhooks`."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.WEBHOOKS, webhook.id, webhook.model_dump_json())
            pipe.hlen(keys.WEBHOOKS)
            _, count = pipe.execute()
        if count > MAX_WEBHOOKS:
            self.remove(webhook.id)
            raise Conflict("too_many_webhooks", f"There are {MAX_WEBHOOKS} webhooks at most.")

    def list(self) -> Sequence[WebhookState]:
        """All, the oldest first."""
        found = map(Webhook.model_validate_json, self._redis.hvals(keys.WEBHOOKS))
        return [self._state(each) for each in sorted(found, key=lambda w: (w.created_at, w.id))]

    def get(self, webhook_id: str) -> WebhookState:
        """Raises NotFound `webhook_not_found`."""
        raw = self._redis.hget(keys.WEBHOOKS, webhook_id)
        if raw is None:
            raise webhook_not_found(webhook_id)
        return self._state(Webhook.model_validate_json(raw))

    def remove(self, webhook_id: str) -> bool:
        """Forget one, with what waits for it; False where there is none."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.WEBHOOKS, webhook_id)
            pipe.zrem(keys.WEBHOOKS_DUE, webhook_id)
            pipe.delete(keys.webhook(webhook_id), keys.webhook(webhook_id, "messages"))
            return bool(pipe.execute()[0])

    def take(self, seconds: float) -> Message | None:
        """The oldest message of a webhook that is due; no other call takes from it for so long."""
        reply = self._take(keys=[keys.PREFIX], args=[seconds])
        if reply is None:
            return None
        entry = reply[1].decode()
        job_id, ended_at = entry.split(" ")
        return Message(Webhook.model_validate_json(reply[0]), job_id, float(ended_at), entry)

    def settle(self, message: Message, outcome: Outcome, code: str) -> bool:
        """Say what became of a message that was taken; False where another call has done so.

        After a failure its webhook waits, ever longer, and messages that are too old are given up.
        """
        args = [message.webhook.id, message.entry, outcome, code]
        limits = [FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS, MAX_AGE_SECONDS]
        return bool(self._settle(keys=[keys.PREFIX], args=[*args, *limits]))

    def _state(self, webhook: Webhook) -> WebhookState:
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.webhook(webhook.id))
            pipe.llen(keys.webhook(webhook.id, "messages"))
            pipe.zscore(keys.WEBHOOKS_DUE, webhook.id)
            raw, waiting, due = pipe.execute()
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        counts = {
            n: int(fields.get(n, 0)) for n in ("delivered", "given_up", "dropped", "failures")
        }
        last = None
        if "last_job" in fields:
            last = Delivery(
                job_id=fields["last_job"],
                at=float(fields["last_at"]),
                ok=fields["last_ok"] == "1",
                code=fields["last_code"],
            )
        return WebhookState(webhook, waiting, **counts, next_try=due, last=last)


def webhook_not_found(webhook_id: str) -> NotFound:
    return NotFound("webhook_not_found", f"There is no webhook {webhook_id!r}.")
