"""What Redis's answers mean."""

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.redis import is_outage, outage, outage_code

REFUSALS = [
    (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "redis_full"),
    (ReadOnlyError("You can't write against a read only replica."), "redis_read_only"),
    (BusyLoadingError("Redis is loading the dataset in memory"), "redis_loading"),
    (ResponseError("MISCONF Errors writing to the AOF file"), "redis_not_saving"),
    (ResponseError("Command # 1 (SET a) of pipeline caused error: MISCONF x"), "redis_not_saving"),
    (
        # Redis 6.
        ResponseError("Error running script (call to f_1): @user_script:1: -OOM command not"),
        "redis_full",
    ),
    (RedisConnectionError("Connection refused"), "redis_unavailable"),
]


@pytest.mark.parametrize(("error", "code"), REFUSALS)
def test_each_refusal_has_its_code(error: RedisError, code: str) -> None:
    assert is_outage(error)
    assert outage(error).code == outage_code(error) == code
    assert outage(error).retry_after


@pytest.mark.parametrize(("error", "code"), REFUSALS)
def test_the_queue_wraps_what_redis_answers(error: RedisError, code: str) -> None:
    wrapped = OperationalError(str(error))
    wrapped.__cause__ = error

    assert outage(wrapped).code == code


def test_a_mistake_of_ours_is_no_outage() -> None:
    assert not is_outage(ResponseError("WRONGTYPE Operation against a key: MISCONF"))
    assert not is_outage(ResponseError("ERR unknown command 'OOM '"))
