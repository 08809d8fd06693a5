"""Conditional requests."""

import pytest

from gateway.http.caching import has_current, if_match


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


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"a"', {"a"}),
        ('"a", "b"', {"a", "b"}),
        (' "a" ,W/"b"', {"a"}),
        ('W/"a"', set()),
        ("a", set()),
        ("", set()),
        ('"', set()),
        ("*", None),
        (" * ", None),
        (None, None),
    ],
)
def test_if_match(header: str | None, versions: set[str] | None) -> None:
    assert if_match(header) == versions
