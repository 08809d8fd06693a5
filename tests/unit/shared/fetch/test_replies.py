"""What the headers of a reply are taken to say."""

import time
from email.utils import formatdate

import pytest

from shared.fetch.replies import Headers


@pytest.mark.parametrize(
    ("value", "refuses"),
    [
        ("noai", True),
        ("noindex, noimageai", True),
        ("NoAI", True),
        ("lookalike: noai", True),
        ("*: noai", True),
        ("otherbot: noai", False),
        ("otherbot: noindex, noai", False),
        ("unavailable_after: 25 Jun 2026 15:00:00 PST", False),
        ("max-snippet: 20, noai", True),
        ("noindex, nofollow", False),
        ("all", False),
        ("noairplanes", False),
        ("", False),
    ],
)
def test_a_picture_that_is_not_for_machines(value: str, refuses: bool) -> None:
    assert Headers([(b"X-Robots-Tag", value.encode())]).refuses_machines is refuses


def test_any_of_several_headers_may_refuse() -> None:
    raw = [(b"X-Robots-Tag", b"noindex"), (b"x-robots-tag", b"noai")]

    assert Headers(raw).refuses_machines


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("-1", None),
        ("soon", None),
        ("", None),
        (formatdate(0, usegmt=True), 0),
        ("Wed, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_when_to_come_again(value: str, seconds: float | None) -> None:
    assert Headers([(b"Retry-After", value.encode())]).retry_after == seconds


def test_a_date_to_come_again_at() -> None:
    later = formatdate(time.time() + 1000, usegmt=True)

    assert 900 < (Headers([(b"Retry-After", later.encode())]).retry_after or 0) <= 1000


@pytest.mark.parametrize(
    ("value", "length"),
    [(b"12", 12), (b"-1", None), (b"1e3", None), (b"", None), (b"1" * 30, None)],
)
def test_the_length_that_is_announced(value: bytes, length: int | None) -> None:
    assert Headers([(b"content-length", value)]).length == length
