"""Calls with an Idempotency-Key: which of them run, and what those that ended were answered."""

from shared.ledger import keys
from shared.redis import AsyncRedisClient

#: A call whose gateway died may run again after this.
CLAIM_SECONDS = 30

_RUNNING = b"running:"
# KEYS: the call. ARGV: its claim; its answer, or '' to forget it; seconds to keep the answer.
_END = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
"""
_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class RepeatableCalls:
    """A call by its digest. A claim is a text of its own for each attempt."""

    def __init__(self, redis: AsyncRedisClient) -> None:
        self._redis = redis

    async def claim(self, digest: str, claim: str) -> bytes | None:
        """Claim a call that nobody runs: None. Otherwise its answer, b"" while it runs."""
        name = keys.repeatable_call(digest)
        mine = _RUNNING + claim.encode()
        while not await self._redis.set(name, mine, nx=True, ex=CLAIM_SECONDS):
            found: bytes | None = await self._redis.get(name)
            if found is not None:
                return b"" if found.startswith(_RUNNING) else found
        return None

    async def renew(self, digest: str, claim: str) -> None:
        """Say that a call goes on."""
        await self._eval(_RENEW, digest, claim, str(CLAIM_SECONDS))

    async def end(self, digest: str, claim: str, answer: bytes, keep_seconds: int) -> None:
        """Keep the answer of a call that ended; without one (b"") forget that it ran."""
        await self._eval(_END, digest, claim, answer, str(keep_seconds))

    async def _eval(self, script: str, digest: str, claim: str, *args: bytes | str) -> None:
        mine = _RUNNING + claim.encode()
        # EVAL and no Script: its text is shorter than what a lost EVALSHA costs to repeat.
        await self._redis.eval(script, 1, keys.repeatable_call(digest), mine, *args)
