"""Positions in the stream of changes, as clients send them."""

import pytest

from shared.ledger.changes import FIRST, is_position


@pytest.mark.parametrize("text", [FIRST, "1767225600000-4", "9999999999999999999-0"])
def test_a_position(text: str) -> None:
    assert is_position(text)


@pytest.mark.parametrize(
    "text", ["", "-", "1", "1-", "-1", "1-2-3", "$", "(1-2", "1-2\n", "1-x", "1" * 20 + "-0"]
)
def test_no_position(text: str) -> None:
    assert not is_position(text)


def test_redis_knows_nothing_after_the_last_position() -> None:
    assert not is_position(f"{2**64 - 1}-{2**64 - 1}")
