import threading

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from shared.errors import NotFound, Unavailable
from shared.ledger import JobEnded
from shared.retry import Retriable, RetryPolicy, ShuttingDown, repeatable

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


class _Repository(Retriable):
    def __init__(self, answers: list[object]) -> None:
        self.answers = answers

    @repeatable
    def read(self, key: str, *, suffix: str = "") -> str:
        """The next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return f"{key} {answer}{suffix}"


def test_only_a_view_with_a_retry_repeats() -> None:
    once = _Repository([AWAY[0], AWAY[0], AWAY[2], 7])
    with pytest.raises(Unavailable):
        once.read("key")
    assert once.with_retry(RetryPolicy(threading.Event())).read("key", suffix="!") == "key 7!"
    assert once.read.__doc__ == "The next answer."


def test_a_shutdown_ends_a_wait_without_another_try() -> None:
    stop = threading.Event()
    tries: list[int] = []

    def call() -> None:
        tries.append(1)
        threading.Timer(0.02, stop.set).start()
        raise AWAY[0]

    with pytest.raises(ShuttingDown) as ended:
        RetryPolicy(stop)(call)
    assert len(tries) == 1
    assert ended.value.__cause__ in (None, AWAY[0])


def test_the_wait_doubles_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda timeout: waits.append(timeout))
    answers: list[object] = [AWAY[0]] * 7 + [1]
    _Repository(answers).with_retry(RetryPolicy(stop)).read("key")
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0])
