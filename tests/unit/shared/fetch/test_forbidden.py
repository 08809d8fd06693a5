"""Nothing of a private network is reached, however it is named: not a byte is sent to it."""

import socket

import pytest

from shared.fetch.errors import FetchFailed
from shared.fetch.fetcher import Fetcher
from shared.settings import Settings
from tests.web import PICTURE, Names, Web, fetch, fetcher, reply

#: Spellings of 127.0.0.1 that the system's own resolver understands.
SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]
#: What names resolve to, of which one is private.
ANSWERS = [
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["168.63.129.16"],
    ["8.8.8.8", "127.0.0.1"],
    ["127.0.0.1", "8.8.8.8"],
    ["2606:2800:220:1:248:1893:25c8:1946", "::1"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::a9fe:a9fe"],
    ["fd00:ec2::254"],
    ["fe80::1%lo"],
]


@pytest.fixture
def asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server was asked for; connections to anything else fail the test."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a connection was begun")

    monkeypatch.setattr(socket, "create_connection", refuse)
    web.pages["/"] = reply(200, PICTURE)
    return web.asked


@pytest.mark.parametrize("host", SPELLINGS)
def test_every_spelling_of_this_machine(host: str, web: Web, asked: list[str]) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch(Fetcher(Settings()), web.url("/", host))

    assert refused.value.code == "fetch_forbidden"
    assert "127" not in refused.value.detail
    assert not asked


@pytest.mark.parametrize("answer", ANSWERS)
def test_names_that_lead_to_a_private_network(
    answer: list[str], web: Web, asked: list[str]
) -> None:
    names = Names({"pictures.example": [answer]})

    with pytest.raises(FetchFailed) as refused:
        fetch(fetcher(names, allow=""), web.url("/"))

    assert refused.value.code == "fetch_forbidden"
    assert not asked


@pytest.mark.parametrize("answer", [each for each in ANSWERS if "127.0.0.1" not in str(each)])
def test_redirects_to_a_private_network(answer: list[str], web: Web) -> None:
    """The first host is on an allowed network, and the second one on another."""
    names = Names({"pictures.example": [["127.0.0.1"]], "inside.example": [answer]})
    web.pages["/"] = reply(302, Location=web.url("/inside", "inside.example"))
    web.pages["/inside"] = reply(200, PICTURE)

    with pytest.raises(FetchFailed) as refused:
        fetch(fetcher(names, allow="127.0.0.1/32"), web.url("/"))

    assert refused.value.code == "fetch_forbidden"
    assert web.asked == ["/"]


def test_an_answer_that_changes_wins_nothing(web: Web) -> None:
    """The name is looked up once for a connection, which goes to the address that was checked."""
    names = Names({"pictures.example": [["127.0.0.1"], ["10.0.0.1"]]})
    web.pages["/"] = reply(200, PICTURE)

    assert fetch(fetcher(names), web.url("/")) == PICTURE
    assert names.asked == ["pictures.example"]


def test_a_name_that_leads_elsewhere_by_the_next_connection(web: Web) -> None:
    names = Names({"pictures.example": [["127.0.0.1"], ["10.0.0.1"]]})
    web.pages["/"] = reply(302, Location="/again", Connection="close")
    web.pages["/again"] = reply(200, PICTURE)

    with pytest.raises(FetchFailed) as refused:
        fetch(fetcher(names), web.url("/"))

    assert refused.value.code == "fetch_forbidden"
    assert web.asked == ["/"]


def test_a_name_that_is_not_known(web: Web) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch(fetcher(Names({})), web.url("/"))

    assert refused.value.code == "fetch_failed"


def test_an_allowed_network_is_reached_and_no_other(web: Web) -> None:
    names = Names({"pictures.example": [["127.0.0.1"]], "other.example": [["10.0.0.1"]]})
    web.pages["/"] = reply(200, PICTURE)
    one = fetcher(names, allow="127.0.0.1/32")

    assert fetch(one, web.url("/")) == PICTURE
    with pytest.raises(FetchFailed):
        fetch(one, web.url("/", "other.example"))
