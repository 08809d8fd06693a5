"""The answer to a query, awaited as the gateway does."""

import asyncio

from shared.domain.query import Query, QueryReply
from shared.ledger import await_reply
from shared.redis import connect_async
from shared.settings import Settings


def reply_to(query: Query, settings: Settings, seconds: float = 0.01) -> QueryReply | None:
    """The answer to a query; None when there is none within `seconds`."""

    async def wait() -> QueryReply | None:
        redis = connect_async(settings)
        try:
            return await await_reply(redis, query, seconds)
        finally:
            await redis.aclose()

    return asyncio.run(wait())
