import threading

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from shared.errors import NotFound, Unavailable
from shared.ledger import JobEnded
from shared.retry import RetryPolicy, ShuttingDown

AWAY = [
    Unavailable("milvus_unavailable", "away"),
    RedisConnectionError("away"),
    ResponseError("MISCONF Redis is configured to save"),
]


def test_a_call_is_repeated_until_it_succeeds() -> None:
    answers: list[object] = [*AWAY, 7]

    def call() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert RetryPolicy(threading.Event())(call) == 7


@pytest.mark.parametrize(
    "error", [NotFound("image_not_found", "x"), ResponseError("ERR wrong type"), ValueError()]
)
def test_what_no_waiting_mends_is_raised(error: Exception) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        RetryPolicy(threading.Event())(call)


def _away() -> None:
    raise AWAY[0]


def test_it_ends_when_nobody_wants_it_any_more() -> None:
    checks: list[Exception] = [RedisConnectionError("away too"), JobEnded()]

    def check() -> None:
        raise checks.pop(0)

    with pytest.raises(JobEnded):
        RetryPolicy(threading.Event(), check)(_away)
    assert checks == []


def test_it_ends_when_the_process_does() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(ShuttingDown):
        RetryPolicy(stop)(_away)
    with pytest.raises(ShuttingDown):
        RetryPolicy(stop).sleep(60)
