"""Conditional requests."""

import pytest

from gateway.http.caching import has_current


@pytest.mark.parametrize(
    ("header", "current"),
    [
        ('"a"', True),
        ('"b", "a"', True),
        ('W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
    ],
)
def test_if_none_match(header: str, current: bool) -> None:
    assert has_current({"if-none-match": header}, '"a"') is current
    assert not has_current({}, '"a"')
