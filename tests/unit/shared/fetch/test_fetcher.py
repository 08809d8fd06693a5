"""What is fetched, what is given up, and what is asked for again."""

import gzip
import io
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler

import pytest

from shared.errors import PictureError
from shared.fetch.fetcher import FetchLimits
from shared.retry import ShuttingDown
from tests.web import PICTURE, Names, Page, Web, fetch, fetcher, reply


def then(*pages: Page) -> Page:
    """One page after the other; the last one stays."""
    left = list(pages)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(PICTURE)
    while True:
        handler.wfile.write(bytes(1 << 16))


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(PICTURE)
    while True:
        handler.wfile.write(b".")
        time.sleep(0.05)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b".")
        time.sleep(0.05)


def endless_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"." * 1000 + b"\r\n")


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def bomb(bytes_: int) -> bytes:
    return gzip.compress(PICTURE + bytes(bytes_))


#: A page, and the code of what it is.
REFUSED: dict[str, tuple[Page, str]] = {
    "gone": (reply(410), "http_410"),
    "not there": (reply(404), "http_404"),
    "no permission": (reply(403), "http_403"),
    "no content": (reply(204), "http_204"),
    "a part of it": (reply(206, PICTURE), "http_206"),
    "busy": (reply(503), "http_503"),
    "asked too often": (reply(429), "http_429"),
    "a redirect to nowhere": (reply(302), "fetch_failed"),
    "a redirect to itself": (reply(302, Location="/page"), "fetch_failed"),
    "a redirect to a file": (reply(302, Location="file:///etc/passwd"), "fetch_forbidden"),
    "a redirect with a password": (reply(302, Location="http://u:p@other/"), "fetch_forbidden"),
    "a page": (reply(200, b"<!doctype html>" + bytes(200)), "unsupported_format"),
    "a page called a picture": (
        reply(200, b"<svg>" + bytes(200), Content_Type="image/png"),
        "unsupported_format",
    ),
    "nothing": (reply(200), "empty_file"),
    "announced too large": (reply(200, PICTURE, Content_Length="99999999"), "too_large"),
    "too large": (reply(200, PICTURE + bytes(1 << 20)), "too_large"),
    "endless": (endless, "too_large"),
    "a bomb": (reply(200, bomb(64 << 20), Content_Encoding="gzip"), "too_large"),
    "a bomb in a bomb": (
        reply(200, gzip.compress(bomb(64 << 20)), Content_Encoding="gzip, gzip"),
        "fetch_failed",
    ),
    "an unknown coding": (reply(200, PICTURE, Content_Encoding="br"), "fetch_failed"),
    "no gzip": (reply(200, PICTURE, Content_Encoding="gzip"), "fetch_failed"),
    "half of a gzip": (reply(200, bomb(9)[:-9], Content_Encoding="gzip"), "fetch_failed"),
    "no HTTP": (not_http, "fetch_failed"),
    "no answer": (hang_up, "fetch_failed"),
    "endless headers": (endless_headers, "fetch_failed"),
    "a slow body": (drip, "fetch_timeout"),
    "slow headers": (drip_headers, "fetch_timeout"),
    "not for machines": (reply(200, PICTURE, X_Robots_Tag="noai"), "fetch_refused"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_or_given_up(case: str, web: Web, names: Names) -> None:
    web.pages["/page"], code = REFUSED[case]
    seconds = 0.4 if code == "fetch_timeout" else 20

    with pytest.raises(PictureError) as refused:
        fetch(fetcher(names), web.url("/page"), seconds=seconds)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "page",
    [
        reply(200, PICTURE),
        reply(200, PICTURE, Content_Type="text/plain"),
        reply(200, gzip.compress(PICTURE), Content_Encoding="gzip"),
        reply(200, zlib.compress(PICTURE), Content_Encoding="deflate"),
        reply(200, gzip.compress(PICTURE) + b"and more", Content_Encoding="gzip"),
        reply(200, PICTURE, X_Robots_Tag="otherbot: noai"),
    ],
)
def test_a_picture_is_fetched(page: Page, web: Web, names: Names) -> None:
    web.pages["/page"] = page

    assert fetch(fetcher(names), web.url("/page")) == PICTURE


def test_redirects_are_followed(web: Web, names: Names) -> None:
    web.pages |= {
        "/a": reply(301, Location="/b"),
        "/b": reply(307, b"moved", Location=web.url("/c", "other.example")),
        "/c": reply(200, PICTURE),
    }

    assert fetch(fetcher(names), web.url("/a")) == PICTURE
    assert web.hosts[-1] == f"other.example:{web.port}"


def test_one_connection_serves_many_pictures_of_a_host(web: Web, names: Names) -> None:
    web.pages["/a"] = reply(200, PICTURE)
    one = fetcher(names)

    for _ in range(5):
        fetch(one, web.url("/a"))

    assert names.asked == ["pictures.example"]


@pytest.mark.parametrize(
    "first", [reply(503, Retry_After="0"), reply(429, Retry_After="0"), hang_up, not_http]
)
def test_what_may_pass_is_asked_for_again(
    first: Page, web: Web, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fetch.fetcher._FIRST_WAIT_SECONDS", 0.01)
    web.pages["/page"] = then(first, first, reply(200, PICTURE))

    assert fetch(fetcher(names), web.url("/page"), tries=3) == PICTURE
    assert len(web.asked) == 3


def test_a_body_that_broke_off_is_written_once(
    web: Web, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fetch.fetcher._FIRST_WAIT_SECONDS", 0.01)

    def broken(handler: BaseHTTPRequestHandler) -> None:
        reply(200, PICTURE, Content_Length="5000")(handler)
        handler.close_connection = True

    web.pages["/page"] = then(broken, reply(200, PICTURE))

    assert fetch(fetcher(names), web.url("/page"), tries=2) == PICTURE


@pytest.mark.parametrize("page", [reply(404), reply(503, Retry_After="3600"), reply(200, b"no")])
def test_what_does_not_pass_is_asked_for_once(page: Page, web: Web, names: Names) -> None:
    web.pages["/page"] = page

    with pytest.raises(PictureError):
        fetch(fetcher(names), web.url("/page"), tries=5)

    assert len(web.asked) == 1


def test_a_refusal_is_not_honoured_where_the_setting_says_so(web: Web, names: Names) -> None:
    web.pages["/page"] = reply(200, PICTURE, X_Robots_Tag="noai")

    assert fetch(fetcher(names, fetch_honour_noai=False), web.url("/page")) == PICTURE


def test_the_environments_proxies_are_not_used(
    web: Web, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/page"] = reply(200, PICTURE)

    assert fetch(fetcher(names), web.url("/page")) == PICTURE


@pytest.mark.parametrize("wait", ["50", "1"])
def test_no_wait_is_begun_that_does_not_fit_in_the_time_of_all(
    wait: str, web: Web, names: Names
) -> None:
    web.pages["/page"] = reply(503, Retry_After=wait)
    limits = FetchLimits(1 << 20, 20, tries=5, total=0.9)

    with pytest.raises(PictureError) as refused:
        fetcher(names).fetch(web.url("/page"), io.BytesIO(), limits, threading.Event())
    assert refused.value.code == "http_503"
    assert len(web.asked) == 1


def test_the_time_of_all_ends_a_slow_try(web: Web, names: Names) -> None:
    web.pages["/page"] = drip
    limits = FetchLimits(1 << 20, 20, tries=5, total=0.4)

    with pytest.raises(PictureError) as refused:
        fetcher(names).fetch(web.url("/page"), io.BytesIO(), limits, threading.Event())
    assert refused.value.code == "fetch_timeout"


def test_a_wait_ends_when_the_process_does(web: Web, names: Names) -> None:
    stop = threading.Event()

    def stopping(handler: BaseHTTPRequestHandler) -> None:
        reply(503, Retry_After="50")(handler)
        stop.set()

    web.pages["/page"] = stopping
    one, limits = fetcher(names), FetchLimits(1 << 20, 20, 3)

    with pytest.raises(ShuttingDown):
        one.fetch(web.url("/page"), io.BytesIO(), limits, stop)
