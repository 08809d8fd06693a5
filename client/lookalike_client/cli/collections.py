"""`lookalike collections`."""

import json
from typing import Annotated, Literal

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import print_json, print_table, shown_bytes, shown_time
from lookalike_client.cli.session import complete_collection, session_of
from lookalike_client.cli.watching import start_of
from lookalike_client.errors import UnexpectedReply
from lookalike_client.models import (
    CollectionChanges,
    CollectionInput,
    DescriptorInput,
    Index,
    IndexInput,
    Job,
)

app = typer.Typer(help="List collections; create, import, rename, show or delete one.")

Name = Annotated[
    str, typer.Argument(help="A collection's name.", autocompletion=complete_collection)
]


@app.callback(invoke_without_command=True)
def collections(context: typer.Context, as_json: options.Json = False) -> None:
    """List collections."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        found = list(client.iterate_collections(limit=1000))
    if as_json:
        for collection in found:
            print_json(collection)
        return
    rows = [
        (one.name, f"{one.count:,}", shown_bytes(one.bytes), one.state, shown_time(one.created_at))
        for one in found
    ]
    heads = ("collection", "images", "vectors", "state", "created")
    print_table(session.out, heads, rows, right="images vectors")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The new collection's name.")],
    description: Annotated[str | None, typer.Option(help="What is in it.")] = None,
    pooling: Annotated[
        Literal["avg", "max", "gem", "rmac"] | None, typer.Option(help="Its descriptor.")
    ] = None,
    index: Annotated[
        str | None, typer.Option(help="Its index: HNSW, HNSW_SQ, IVF_SQ8, IVF_RABITQ, DISKANN, …")
    ] = None,
    index_params: Annotated[
        str, typer.Option(help='The index\'s parameters as JSON: {"M": 32}.')
    ] = "{}",
    regions: Annotated[
        bool, typer.Option("--regions", help="Find details, too: six vectors an image.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Create a collection; a load does it too, with the server's defaults."""
    body = CollectionInput(name=name)
    if description is not None:
        body.description = description
    if pooling is not None:
        body.descriptor = DescriptorInput(pooling=pooling)
    if index is not None:
        body.index = _index(index, index_params)
    if regions:
        body.regions = True
    session = session_of(context)
    with session.client() as client:
        made = client.create_collection(body)
    if isinstance(made, Job):
        raise UnexpectedReply("The server queued a job where it was to make a collection.")
    if as_json:
        print_json(made)
    else:
        session.out.print(f"created {made.name}, encoder {made.encoder}", soft_wrap=True)


def _index(kind: str, params: str) -> IndexInput:
    try:
        return IndexInput.model_validate({"type": kind.upper(), "params": json.loads(params)})
    except ValueError as error:
        raise typer.BadParameter(
            f"There is no index {kind}, or its parameters are not a JSON object of numbers, words "
            "and truth values."
        ) from error


def _shown(index: Index) -> str:
    given = (index.params or {}).items()
    params = ", ".join(f"{name} {json.dumps(value)}" for name, value in given)
    return f"{index.type} ({params})" if params else index.type


@app.command(name="import")
def import_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The new collection's name.")],
    export: Annotated[
        str,
        typer.Argument(help="An export's id, or the name of a folder among the server's exports."),
    ],
    any_encoder: Annotated[
        bool, typer.Option("--any-encoder", help="Though no encoder with its weights runs.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    as_json: options.Json = False,
) -> None:
    """Create a collection from an export, images, vectors and all."""
    body = CollectionInput(name=name, from_export=export)
    if any_encoder:
        body.any_encoder = True
    session = session_of(context)
    with session.client() as client:
        job = client.create_collection(body)
        if not isinstance(job, Job):
            raise UnexpectedReply("The server made an empty collection: it knows no exports.")
        raise typer.Exit(start_of(session, client, job, to_end=watch, as_json=as_json))


@app.command()
def rename(
    context: typer.Context,
    name: Name,
    new: Annotated[str, typer.Argument(help="Its new name.")],
    keep_alias: Annotated[
        bool, typer.Option("--keep-alias", help="Let the old name go on naming it.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Rename a collection; nothing is copied. It must have no unfinished jobs."""
    changes = CollectionChanges(name=new)
    if keep_alias:
        changes.keep_alias = True
    session = session_of(context)
    with session.client() as client:
        found = client.update_collection(name, changes)
    if as_json:
        print_json(found)
    else:
        session.out.print(f"{name} is {found.name} now", soft_wrap=True)


@app.command()
def show(context: typer.Context, name: Name, as_json: options.Json = False) -> None:
    """Show a collection."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_collection(name)
    if as_json:
        print_json(found)
        return
    rows = [
        ("name", found.name),
        ("aliases", ", ".join(found.aliases)),
        ("description", found.description or ""),
        ("images", f"{found.count:,}"),
        ("vectors", shown_bytes(found.bytes)),
        ("encoder", found.encoder),
        ("index", _shown(found.index)),
        ("state", found.state),
        ("created", shown_time(found.created_at)),
    ]
    for key, value in rows:
        session.out.print(f"{key:<12} {value}", markup=False, soft_wrap=True)


@app.command()
def delete(
    context: typer.Context, name: Name, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Drop a collection with its uploads and its jobs; files of folders stay."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_collection(name)
        if not yes:
            typer.confirm(f"Forget all {found.count:,} images of {name}?", abort=True, err=True)
        client.delete_collection(name)
    if as_json:
        print_json({"deleted": name, "count": found.count})
    else:
        session.out.print(f"deleted {name}", soft_wrap=True)
