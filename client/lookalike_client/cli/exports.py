"""`lookalike export` and `exports`."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from lookalike_client.cli import options
from lookalike_client.cli.exits import ExitCode
from lookalike_client.cli.output import print_json, print_table, shown_bytes, shown_time
from lookalike_client.cli.session import Session, complete_collection, session_of
from lookalike_client.cli.watching import start_of
from lookalike_client.client import Client
from lookalike_client.errors import UnexpectedReply
from lookalike_client.models import Export, ExportInput

#: Parts are fetched in pieces of so many bytes, so that none has to be in memory as a whole.
_PIECE_BYTES = 8 * 1024 * 1024
_MANIFEST = "manifest.json"

Name = Annotated[
    str, typer.Argument(help="A collection's name.", autocompletion=complete_collection)
]


def export(
    context: typer.Context,
    collection: Name,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Wait for it, and fetch it into this folder."),
    ] = None,
    uploads: Annotated[
        bool, typer.Option("--uploads/--no-uploads", help="With the files of uploaded pictures.")
    ] = True,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    as_json: options.Json = False,
) -> None:
    """Write a collection to Parquet files on the server, every field and vector."""
    session = session_of(context)
    with session.client() as client:
        job = client.create_export(collection, ExportInput(uploads=uploads))
        to_end = watch or to is not None
        code = start_of(session, client, job, to_end=to_end, as_json=as_json)
        if to is not None and code == ExitCode.DONE:
            _fetch(session, client, client.get_export(collection, job.id), to)
    raise typer.Exit(code)


def exports(context: typer.Context, collection: Name, as_json: options.Json = False) -> None:
    """List the exports of a collection, newest first."""
    session = session_of(context)
    with session.client() as client:
        found = list(client.iterate_exports(collection, limit=1000))
    if as_json:
        for one in found:
            print_json(one)
        return
    rows = [
        (
            one.id,
            one.collection,
            f"{one.images:,}",
            shown_bytes(one.bytes),
            shown_time(one.created_at),
        )
        for one in found
    ]
    heads = ("export", "collection", "images", "size", "made")
    print_table(session.out, heads, rows, right="images size")


def _fetch(session: Session, client: Client, found: Export, to: Path) -> None:
    """Fetch an export into a folder that is named after it. What is there already is kept."""
    folder = to / found.id
    folder.mkdir(parents=True, exist_ok=True)
    for part in found.parts:
        _fetch_part(client, found, part.name, part.bytes, folder)
        if _hash_of(folder / part.name) != part.sha256:
            (folder / part.name).unlink()
            raise UnexpectedReply(f"{part.name} came with another content; fetch it again.")
    # Last: a folder with a manifest is whole.
    manifest = client.get_export_part(found.collection, found.id, _MANIFEST).content
    (folder / _MANIFEST).write_bytes(manifest)
    session.out.print(f"fetched into {folder}", soft_wrap=True)


def _fetch_part(client: Client, found: Export, name: str, size: int, folder: Path) -> None:
    """Fetch what is missing at the end of a file."""
    with (folder / name).open("ab") as file:
        while (start := file.tell()) < size:
            span = f"bytes={start}-{min(size, start + _PIECE_BYTES) - 1}"
            piece = client.get_export_part(found.collection, found.id, name, range=span).content
            if not piece:
                raise UnexpectedReply(f"{name} came to an end too early.")
            file.write(piece)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
