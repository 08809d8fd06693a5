"""`lookalike search`: by a file, an image of the collection, an address, or stdin."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import typer
from rich.text import Text

from lookalike_client.cli import options, pictures
from lookalike_client.cli.output import print_json, print_table, shown_bytes, shown_uri
from lookalike_client.cli.session import Session, session_of
from lookalike_client.client import Client
from lookalike_client.errors import ConnectionFailed, LookalikeError
from lookalike_client.models import SearchHit, SearchReply
from lookalike_client.values import FileInput

_IMAGE_ID = re.compile(r"[0-9a-f]{32}")
#: Of a picture that is fetched to search with.
_MOST_BYTES = 64 * 2**20
_FETCH_SECONDS = 20.0


def search(
    context: typer.Context,
    query: Annotated[
        str,
        typer.Argument(help="A picture's file or address, the id of an image, or - for stdin."),
    ],
    collection: options.Collection = options.DEFAULT_COLLECTION,
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="Hits wanted.")] = 10,
    offset: Annotated[int | None, typer.Option(min=0, help="Best hits to leave out.")] = None,
    min_score: Annotated[float | None, typer.Option(help="Least score of a hit.")] = None,
    min_match: Annotated[float | None, typer.Option(help="Least match of a hit.")] = None,
    crop: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Search by a part, in fractions.")
    ] = None,
    tag: options.OfTag = None,
    folder: options.OfFolder = None,
    filter_: options.Filter = None,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Of equal contents only the first.")
    ] = False,
    expand: Annotated[
        int | None, typer.Option(min=0, max=50, help="Search by the mean of so many hits, too.")
    ] = None,
    rerank: Annotated[
        Literal["none", "k_reciprocal"] | None, typer.Option(help="Order the first hits anew.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Show the pictures in the browser.")
    ] = False,
    thumbnails: Annotated[
        bool | None,
        typer.Option("--thumbnails/--no-thumbnails", help="Small pictures in the terminal."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Find the images that look most like one."""
    session = session_of(context)
    limits: dict[str, Any] = {
        "top_k": top_k,
        "offset": offset,
        "min_score": min_score,
        "min_match": min_match,
        "tag": tag,
        "path_prefix": folder,
        "filter": options.json_object(filter_, "--filter") or None,
        "distinct": distinct or None,
        "expand": expand,
        "rerank": rerank,
    }
    with session.client() as client:
        reply = _search(client, collection, query, crop, limits)
        if open_:
            pictures.open_sheet(client, collection, query, reply.hits)
        if as_json:
            print_json(reply)
            return
        protocol = None if thumbnails is False else pictures.protocol_of(session.out)
        if thumbnails and protocol is None:
            session.err.print("This terminal shows no pictures; --open shows them in a browser.")
        if protocol is None:
            _print(session, reply.hits)
        else:
            _print_with_pictures(session, client, collection, reply.hits, protocol)
    took = f"{len(reply.hits)} hits in {reply.took_ms.total:.0f} ms"
    session.err.print(took, style="dim")


def _search(
    client: Client, collection: str, query: str, crop: str | None, limits: dict[str, Any]
) -> SearchReply:
    if _IMAGE_ID.fullmatch(query) and not Path(query).exists():
        if crop is not None:
            raise typer.BadParameter("--crop says nothing of an image of the collection.")
        return client.find_similar_images(collection, query, **limits)
    return client.search_images(collection, picture_of(query), crop=crop, **limits)


def picture_of(query: str) -> FileInput:
    """The picture to search with. Raises BadParameter, LookalikeError if it cannot be fetched."""
    if query == "-":
        return "stdin", typer.get_binary_stream("stdin").read()
    if re.match(r"https?://", query, re.IGNORECASE):
        return "fetched", _fetched(query)
    path = Path(query).expanduser()
    if not path.is_file():
        raise typer.BadParameter(f"There is no file {query}, and it is no image's id or address.")
    return path


def _fetched(address: str) -> bytes:
    content = b""
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=_FETCH_SECONDS) as reply:
            if reply.status_code != 200:
                raise LookalikeError(f"{address} answered {reply.status_code}.")
            for piece in reply.iter_bytes():
                content += piece
                if len(content) > _MOST_BYTES:
                    raise LookalikeError(f"{address} is larger than {shown_bytes(_MOST_BYTES)}.")
    except (httpx.TransportError, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise ConnectionFailed(f"{address} cannot be fetched: {error}.") from error
    return content


def _print(session: Session, hits: list[SearchHit]) -> None:
    rows = [
        (
            number,
            f"{hit.score:.4f}",
            "" if hit.match is None else f"{hit.match:.3f}",
            hit.id,
            Text(shown_uri(hit.uri), overflow="fold"),
            ", ".join(hit.tags),
        )
        for number, hit in enumerate(hits, 1)
    ]
    heads = ["#", "score", "match", "id", "picture", "tags"]
    # A column of nothing would leave less room for paths.
    columns = len(heads) if any(hit.tags for hit in hits) else len(heads) - 1
    shown = [row[:columns] for row in rows]
    print_table(session.out, heads[:columns], shown, right="# score match")


def _print_with_pictures(
    session: Session,
    client: Client,
    collection: str,
    hits: list[SearchHit],
    protocol: pictures.Protocol,
) -> None:
    for number, hit in enumerate(hits, 1):
        thumbnail = client.get_image_thumbnail(collection, hit.id, size=pictures.SIZE)
        shown = pictures.escape_of(thumbnail.content, protocol)
        if shown:
            session.out.file.write(shown + "\n")
        match = "" if hit.match is None else f"  match {hit.match:.3f}"
        line = f"{number:>3}  {hit.score:.4f}{match}  {hit.id}  {shown_uri(hit.uri)}"
        session.out.print(line, markup=False, soft_wrap=True)
