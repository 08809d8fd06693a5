"""Addresses taken apart: what is asked of whom, and what is no address of a picture."""

import pytest

from shared.fetch.errors import FetchFailed
from shared.fetch.urls import WebUrl, normalise, parse, redirected, without_password


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://example.com", WebUrl("https", "example.com", 443, "/")),
        ("HTTP://EXAMPLE.com:8080/A.jpg", WebUrl("http", "example.com", 8080, "/A.jpg")),
        ("http://example.com/a b?q=ü&x", WebUrl("http", "example.com", 80, "/a%20b?q=%C3%BC&x")),
        ("https://example.com/a%20b.jpg", WebUrl("https", "example.com", 443, "/a%20b.jpg")),
        ("https://bücher.example/", WebUrl("https", "xn--bcher-kva.example", 443, "/")),
        ("http://127.0.0.1/", WebUrl("http", "127.0.0.1", 80, "/")),
        ("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", WebUrl("http", "127.0.0.1", 80, "/")),
        ("http://[::FFFF:7f00:1]/", WebUrl("http", "::ffff:7f00:1", 80, "/")),
        ("https://example.com?a=1", WebUrl("https", "example.com", 443, "/?a=1")),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(address: str, url: WebUrl) -> None:
    assert parse(address) == url


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "fetch_forbidden"),
        ("photo.jpg", "fetch_forbidden"),
        ("//example.com/a.jpg", "fetch_forbidden"),
        ("file:///etc/passwd", "fetch_forbidden"),
        ("ftp://example.com/a.jpg", "fetch_forbidden"),
        ("gopher://example.com/", "fetch_forbidden"),
        ("data:image/png;base64,AAAA", "fetch_forbidden"),
        ("javascript:alert(1)", "fetch_forbidden"),
        ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "fetch_forbidden"),
        ("https://user:password@example.com/", "fetch_forbidden"),
        ("https://example.com@127.0.0.1/", "fetch_forbidden"),
        ("http://127.0.0.1\\@example.com/", "fetch_forbidden"),
        ("http://", "fetch_failed"),
        ("http:///a.jpg", "fetch_failed"),
        ("http://example.com:0/", "fetch_failed"),
        ("http://example.com:99999/", "fetch_failed"),
        ("http://example.com:80:80/", "fetch_failed"),
        ("http://exa mple.com/", "fetch_failed"),
        ("http://example\\.com/", "fetch_failed"),
        ("http://example.com%00.evil/", "fetch_failed"),
        ("http://[::1/", "fetch_failed"),
        ("http://[fe80::1%25eth0]/", "fetch_failed"),
        ("http://[vF.x]/", "fetch_failed"),
        ("http://example.com/\r\nHost: other", "fetch_failed"),
        ("http://example.com/\x00", "fetch_failed"),
        ("http://example.com/\ud800", "fetch_failed"),
        ("http://" + "a" * 64 + ".com/", "fetch_failed"),
        ("http://a..b/", "fetch_failed"),
        ("http://example.com/" + "a" * 4096, "fetch_failed"),
    ],
)
def test_what_is_no_address_of_a_picture_is_refused(address: str, code: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        parse(address)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:secret@example.com/a.jpg", "https://***@example.com/a.jpg"),
        ("https://secret@example.com", "https://***@example.com"),
        ("https://u:sec@ret@example.com/@b", "https://***@example.com/@b"),
        ("//u:secret@example.com/a", "//***@example.com/a"),
        ("https://u:secret@[::1/a", "https://***@[::1/a"),
        ("https://u:secret@exa\u2100mple.com/", "https://***@exa\u2100mple.com/"),
        ("https://example.com/@a?b=c@d", "https://example.com/@a?b=c@d"),
        ("https://example.com/a.jpg", "https://example.com/a.jpg"),
        ("a@b", "a@b"),
    ],
)
def test_a_password_is_not_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown


@pytest.mark.parametrize("host", ["[::1", "exa\u2100mple.com", "[vF.x]", "example.com:secret"])
def test_the_reason_of_a_refusal_quotes_nothing(host: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        parse(f"https://user:secret@{host}/a.jpg")
    assert "secret" not in refused.value.detail


def test_a_fragment_is_no_part_of_an_address() -> None:
    assert normalise(" https://example.com/a.jpg#top\n") == "https://example.com/a.jpg"


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("/b.jpg", "https://example.com:444/b.jpg"),
        ("b.jpg#x", "https://example.com:444/a/b.jpg"),
        ("//other.example/b", "https://other.example/b"),
        ("http://other.example/b", "http://other.example/b"),
    ],
)
def test_a_redirect_is_followed_from_where_it_was_met(location: str, to: str) -> None:
    assert str(redirected(parse("https://example.com:444/a/a.jpg"), location)) == to


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://u:p@x/", "http://[/", "http://"]
)
def test_a_redirect_to_no_address_is_refused(location: str) -> None:
    with pytest.raises(FetchFailed):
        redirected(parse("https://example.com/"), location)
