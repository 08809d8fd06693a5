"""Messages to addresses that users name."""

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from shared.fetch.errors import FetchFailed
from shared.fetch.poster import Poster
from shared.settings import Settings
from tests.web import Names, Web, reply


@pytest.fixture
def poster(names: Names) -> Iterator[Poster]:
    made = Poster(Settings(fetch_allow=(ipaddress.ip_network("127.0.0.0/8"),)), names)
    yield made
    made.close()


@pytest.fixture
def strict(names: Names) -> Iterator[Poster]:
    """One that may reach nothing but the internet."""
    made = Poster(Settings(), names)
    yield made
    made.close()


def test_a_message_is_posted_and_its_status_returned(web: Web, poster: Poster) -> None:
    web.pages["/hook"] = reply(204)

    status = poster.post(web.url("/hook"), b'{"a": 1}', {"X-Signed": "yes"}, 10)

    ((headers, body),) = web.posted
    assert (status, body) == (204, b'{"a": 1}')
    assert headers["X-Signed"] == "yes"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == f"pictures.example:{web.port}"
    assert headers["Content-Length"] == "8"


@pytest.mark.parametrize("status", [302, 307, 308, 404, 500])
def test_no_redirect_is_followed(web: Web, poster: Poster, status: int) -> None:
    web.pages["/hook"] = reply(status, Location=web.url("/elsewhere"))

    assert poster.post(web.url("/hook"), b"{}", {}, 10) == status
    assert web.asked == ["/hook"]


@pytest.mark.parametrize(
    "address",
    ["http://pictures.example:{port}/", "http://127.0.0.1:{port}/", "http://127.1:{port}"],
)
def test_a_private_address_is_refused(web: Web, strict: Poster, address: str) -> None:
    url = address.format(port=web.port)
    resolved = Poster(Settings())

    for each in (strict, resolved):
        with pytest.raises(FetchFailed):
            each.post(url, b"{}", {}, 10)
    with pytest.raises(FetchFailed) as caught:
        (strict if "pictures" in url else resolved).check(url)
    resolved.close()
    assert caught.value.code == "fetch_forbidden"
    assert web.posted == []


def test_a_name_that_turns_private_is_refused_when_it_is_connected_to(web: Web) -> None:
    names = Names({"pictures.example": [["93.184.216.34"], ["127.0.0.1"]]})
    poster = Poster(Settings(), names)
    poster.check(web.url("/hook"))

    with pytest.raises(FetchFailed) as caught:
        poster.post(web.url("/hook"), b"{}", {}, 10)

    poster.close()
    assert caught.value.code == "fetch_forbidden"
    assert web.posted == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ftp://pictures.example/", "fetch_forbidden"),
        ("file:///etc/passwd", "fetch_forbidden"),
        ("http://user:word@pictures.example/", "fetch_forbidden"),
        ("http://:80/", "fetch_failed"),
        ("http://a\nb/", "fetch_failed"),
    ],
)
def test_what_is_no_address_is_refused(poster: Poster, address: str, code: str) -> None:
    for call in (poster.check, lambda url: poster.post(url, b"{}", {}, 10)):
        with pytest.raises(FetchFailed) as caught:
            call(address)
        assert caught.value.code == code


def test_a_name_that_nobody_knows_may_be_known_later(poster: Poster) -> None:
    poster.check("http://unknown.example/")

    with pytest.raises(FetchFailed) as caught:
        poster.post("http://unknown.example/", b"{}", {}, 10)
    assert caught.value.code == "fetch_failed"


def test_a_slow_receiver_ends_with_the_time(web: Web, poster: Poster) -> None:
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)
        handler.close_connection = True

    web.pages["/hook"] = slow

    with pytest.raises(FetchFailed) as caught:
        poster.post(web.url("/hook"), b"{}", {}, 0.4)
    over.set()
    assert caught.value.code == "fetch_timeout"


def test_a_receiver_that_is_down_is_an_error(web: Web, poster: Poster) -> None:
    with pytest.raises(FetchFailed) as caught:
        poster.post("http://pictures.example:1/", b"{}", {}, 5)
    assert caught.value.code == "fetch_failed"
