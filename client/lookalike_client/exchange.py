"""How one call is tried until it is answered, without I/O: who runs it sends and sleeps."""

import random
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from lookalike_client.call import Call, Reply
from lookalike_client.errors import ConnectionFailed, retry_after

T = TypeVar("T")

_IDEMPOTENCY_KEY: Final = "Idempotency-Key"
#: The server did nothing, and says when it may be asked again.
_REFUSED: Final = frozenset({429, 503})


@dataclass(frozen=True)
class Retries:
    """How often and how long a call is tried again.

    `attempts` counts the first one; so many as `connections` may be without an answer. `patience`
    is how many seconds all waits of one call may take together: a call that would have to wait
    longer fails at once. Where the server does not say how long to wait, it is `first_wait`
    seconds, doubled each time, up to `longest_wait`.
    """

    attempts: int = 5
    connections: int = 5
    patience: float = 60.0
    first_wait: float = 0.5
    longest_wait: float = 10.0

    def wait(self, tried: int) -> float:
        """Seconds to wait after so many attempts, with some chance in it."""
        seconds = min(self.longest_wait, self.first_wait * 2.0 ** (tried - 1))
        return seconds * random.uniform(0.75, 1.0)  # noqa: S311 - spreads clients, hides nothing


#: None asks for the call to be sent, a number for so many seconds of sleep.
Step: TypeAlias = float | None
#: A connection that failed is an answer, too.
Answer: TypeAlias = Reply | ConnectionFailed | None


def perform(call: Call[T], retries: Retries) -> Generator[Step, Answer, T]:
    """Yields what to do next, is sent the answer, and returns what the call gives.

    429 and 503 are tried again after Retry-After. A lost connection is tried again if nothing was
    sent yet, or if sending twice does no more than sending once.
    """
    waited, tried, unanswered = 0.0, 0, 0
    while True:
        answer = yield None
        tried += 1
        if isinstance(answer, Reply):
            if answer.status in call.replies or answer.status not in _REFUSED:
                return call.read(answer)
            wait = retry_after(answer.headers)
            if wait is None:
                wait = retries.wait(tried)
        elif isinstance(answer, ConnectionFailed):
            unanswered += 1
            if unanswered >= retries.connections or (answer.sent and not is_repeatable(call)):
                raise answer
            wait = retries.wait(tried)
        else:
            raise TypeError("an answer is needed")
        if tried >= retries.attempts or waited + wait > retries.patience:
            if isinstance(answer, Reply):
                return call.read(answer)
            raise answer
        waited += wait
        yield wait


def is_repeatable(call: Call[T]) -> bool:
    """Whether sending a call twice does no more than sending it once."""
    return call.method == "GET" or bool(call.headers.get(_IDEMPOTENCY_KEY))


def prepared(call: Call[T]) -> Call[T]:
    """The call, with a key of its own where the operation takes an Idempotency-Key."""
    if _IDEMPOTENCY_KEY in call.headers and not call.headers[_IDEMPOTENCY_KEY]:
        return call.with_header(_IDEMPOTENCY_KEY, uuid.uuid4().hex)
    return call
