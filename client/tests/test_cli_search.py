"""`search`: by what, and how hits are shown."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from lookalike_client import Client
from lookalike_client.cli import pictures, search
from lookalike_client.models import SearchHit

SEARCH = "/api/v2/collections/photos/search"
ID = "9" * 32


@pytest.fixture
def hit(image: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "uri", "width", "height", "format", "bytes", "tags", "metadata", "content_url")
    known = {name: image[name] for name in (*kept, "thumbnail_url")}
    return {**known, "score": 0.98765, "distance": 0.1, "match": 0.9}


@pytest.fixture(autouse=True)
def _answers(server: Any, hit: dict[str, Any]) -> None:
    took = {"encode": 1.0, "search": 1.0, "total": 12.4}
    reply = httpx.Response(200, json={"hits": [hit], "encoder": "e", "took_ms": took})
    server.on("POST", SEARCH, reply)
    server.on("GET", f"/api/v2/collections/photos/images/{ID}/similar", reply)
    thumbnail = f"/api/v2/collections/photos/images/{ID}/thumbnail"
    server.on("GET", thumbnail, httpx.Response(200, content=b"webp"))


def test_a_file_is_sent_and_hits_are_a_table(
    command: Callable[..., int],
    server: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "q.jpg").write_bytes(b"the picture")

    code = command(
        *("search", tmp_path / "q.jpg", "-k", "3", "--min-score", "0.5", "--crop", "0,0,1,0.5"),
        *("--tag", "a", "--folder", "/f", "--filter", '{"must": []}', "--distinct"),
    )

    assert code == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == [
        "1",
        "0.9877",
        "0.900",
        ID,
        "/photos/a",
        "b.jpg",
        "summer",
    ]
    assert err == "1 hits in 12 ms\n"
    body = server.requests[0].content
    for part in (b"the picture", b'filename="q.jpg"', b"0,0,1,0.5", b'{"must": []}', b"true"):
        assert part in body


def test_an_id_is_of_the_collection(command: Callable[..., int], server: Any) -> None:
    assert command("search", ID, "-c", "photos", "--min-match", "0.5") == 0
    assert dict(server.requests[0].url.params) == {"top_k": "10", "min_match": "0.5"}
    assert command("search", ID, "--crop", "0,0,1,1") == 2


def test_stdin_is_a_picture(
    command: Callable[..., int], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"piped")))

    assert command("search", "-", "--json") == 0
    assert b"piped" in server.requests[0].content


def test_json_is_the_reply(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], hit: dict[str, Any]
) -> None:
    assert command("search", ID, "--json") == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["score"] == hit["score"]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bytes], None]:
    """What every address answers."""

    def answers(status: int, content: bytes) -> None:
        @contextmanager
        def stream(*_: object, **__: object) -> Iterator[httpx.Response]:
            yield httpx.Response(status, content=content)

        monkeypatch.setattr("httpx.stream", stream)

    return answers


def test_an_address_is_fetched_here(
    command: Callable[..., int], server: Any, web: Callable[[int, bytes], None]
) -> None:
    web(200, b"from the web")

    assert command("search", "https://example.org/a.jpg") == 0
    assert b"from the web" in server.requests[0].content


def test_addresses_that_give_no_picture(
    command: Callable[..., int],
    web: Callable[[int, bytes], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    web(404, b"")
    assert command("search", "https://example.org/a.jpg") == 1
    assert capsys.readouterr().err == "lookalike: https://example.org/a.jpg answered 404.\n"
    web(200, b"0123456789")
    monkeypatch.setattr(search, "_MOST_BYTES", 9)
    assert command("search", "https://example.org/a.jpg") == 1
    assert "is larger than 9 B" in capsys.readouterr().err


def test_what_is_nothing_is_told(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("search", "no-such-file.jpg") == 2
    assert "no-such-file.jpg" in capsys.readouterr().err


def test_a_terminal_that_shows_pictures_shows_them(
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pictures, "protocol_of", lambda _: "iterm")

    assert command("search", ID) == 0
    content = base64.b64encode(b"webp").decode()
    assert f"\x1b]1337;File=inline=1;size=4;height=6:{content}\a" in capsys.readouterr().out
    assert command("search", ID, "--no-thumbnails") == 0
    assert "\x1b]1337" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM_PROGRAM": "iTerm.app", "TMUX": "1"}, None),
    ],
)
def test_terminals_are_known_by_their_variables(
    environment: dict[str, str], protocol: str | None
) -> None:
    pytest.importorskip("PIL")
    terminal = Console(file=io.StringIO(), force_terminal=True)

    assert pictures.protocol_of(terminal, environment) == protocol
    assert pictures.protocol_of(Console(file=io.StringIO()), environment) is None


def test_kitty_is_given_png_in_pieces() -> None:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.effect_noise((160, 160), 90).save(out, "WEBP", quality=90)

    shown = pictures.escape_of(out.getvalue(), "kitty")

    pieces = [piece for piece in shown.split("\x1b\\") if piece]
    assert all(piece.startswith("\x1b_G") for piece in pieces)
    assert pieces[0].startswith("\x1b_Ga=T,f=100,r=6,m=1;")
    assert [";" in piece and "m=1" in piece for piece in pieces] == [True] * (len(pieces) - 1) + [
        False
    ]
    png = base64.b64decode("".join(piece.partition(";")[2] for piece in pieces))
    assert png.startswith(b"\x89PNG")


def test_a_sheet_needs_no_key_and_trusts_no_name(
    client: Client, hit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    found = SearchHit.model_validate({**hit, "uri": "file:///<script>.jpg"})

    path = pictures.open_sheet(client, "photos", "<q>", [found])

    assert opened == [path.as_uri()]
    page = path.read_text()
    path.unlink()
    assert f"data:image/webp;base64,{base64.b64encode(b'webp').decode()}" in page
    assert 'href="http://server/content"' in page
    assert "<script>" not in page
    assert "secret" not in page
