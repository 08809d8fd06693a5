"""Pictures for eyes: escape sequences of terminals that show them, and a page for a browser."""

import base64
import html
import io
import os
import tempfile
import webbrowser
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urljoin

from rich.console import Console

from lookalike_client.cli.output import shown_uri
from lookalike_client.client import Client
from lookalike_client.errors import ApiError
from lookalike_client.models import SearchHit

#: `iterm`: OSC 1337, https://iterm2.com/documentation-images.html; its terminals decode WebP.
#: `kitty`: https://sw.kovidgoyal.net/kitty/graphics-protocol/, which takes PNG and no WebP.
Protocol: TypeAlias = Literal["iterm", "kitty"]

#: Of thumbnails, in pixels.
SIZE = 160
_ROWS = 6
_KITTY_PIECE = 4096


def protocol_of(console: Console, environment: Mapping[str, str] = os.environ) -> Protocol | None:
    """How a console's terminal takes pictures; None where it does not, or is no terminal."""
    if not console.is_terminal or "TMUX" in environment:
        return None
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if program in ("iTerm.app", "WezTerm", "mintty", "rio"):
        return "iterm"
    is_kitty = "KITTY_WINDOW_ID" in environment or term == "xterm-kitty" or program == "ghostty"
    return "kitty" if is_kitty and find_spec("PIL") is not None else None


def escape_of(webp: bytes, protocol: Protocol) -> str:
    """What shows a WebP picture in a terminal."""
    if protocol == "iterm":
        content = base64.b64encode(webp).decode()
        return f"\x1b]1337;File=inline=1;size={len(webp)};height={_ROWS}:{content}\a"
    content = base64.b64encode(_png(webp)).decode()
    pieces = [
        content[start : start + _KITTY_PIECE] for start in range(0, len(content), _KITTY_PIECE)
    ]
    escapes = []
    for number, piece in enumerate(pieces):
        first = f"a=T,f=100,r={_ROWS}," if number == 0 else ""
        more = int(number < len(pieces) - 1)
        escapes.append(f"\x1b_G{first}m={more};{piece}\x1b\\")
    return "".join(escapes)


def _png(webp: bytes) -> bytes:
    # Only where it is installed: see `protocol_of`.
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(webp)) as picture:
        picture.save(out, "PNG")
    return out.getvalue()


def open_sheet(client: Client, collection: str, query: str, hits: Sequence[SearchHit]) -> Path:
    """Write a page that shows hits, and open it in the browser; the page needs no key."""
    figures = list(_figures(client, collection, hits))
    page = _PAGE.format(query=html.escape(query), figures="\n".join(figures))
    handle, name = tempfile.mkstemp(prefix="lookalike-", suffix=".html")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(page)
    path = Path(name)
    webbrowser.open(path.as_uri())
    return path


def _figures(client: Client, collection: str, hits: Sequence[SearchHit]) -> Iterable[str]:
    for hit in hits:
        try:
            thumbnail = client.get_image_thumbnail(collection, hit.id, size=256).content
            picture = f"data:image/webp;base64,{base64.b64encode(thumbnail).decode()}"
        except ApiError:
            picture = ""  # Its file is gone, or cannot be read any more.
        link = html.escape(urljoin(client.url + "/", hit.content_url))
        name = html.escape(shown_uri(hit.uri))
        yield _FIGURE.format(link=link, picture=picture, name=name, score=hit.score)


_FIGURE = (
    '<figure><a href="{link}"><img src="{picture}" alt=""></a>'
    "<figcaption><b>{score:.4f}</b> {name}</figcaption></figure>"
)
_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Like {query}</title>
<style>
  body {{ font: 14px system-ui; margin: 24px; color-scheme: light dark; }}
  main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 16px; }}
  figure {{ margin: 0; }} img {{ max-width: 100%; height: 200px; object-fit: contain; }}
  figcaption {{ overflow-wrap: anywhere; }}
</style>
<h1>Like {query}</h1>
<main>
{figures}
</main>
"""
