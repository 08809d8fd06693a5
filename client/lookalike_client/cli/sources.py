"""`lookalike sources`: what a collection loads again by itself."""

from typing import Annotated, Any

import typer

from lookalike_client.call import NOTHING, Call, reads
from lookalike_client.cli import load, options
from lookalike_client.cli.output import print_json, print_table
from lookalike_client.cli.session import Session, session_of
from lookalike_client.cli.source_kinds import SourceOptions, sources_of

app = typer.Typer(help="List standing sources; add, run, pause, resume or delete one.")

_ALL = "/api/v2/collections/{collection}/sources"
_ONE = _ALL + "/{source}"
_OBJECT = reads(dict[str, Any])
SourceId = Annotated[str, typer.Argument(metavar="ID", help="A standing source's id.")]


@app.callback(invoke_without_command=True)
def sources(
    context: typer.Context,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """List the standing sources of a collection."""
    if not options.is_list(context):
        return
    session = session_of(context)
    query = {"limit": 1000}
    path = {"collection": collection}
    with session.client() as client:
        call = Call[dict[str, Any]]("list_sources", "GET", _ALL, {200: _OBJECT}, path, query)
        found = client.run(call)["items"]
    if as_json:
        for source in found:
            print_json(source)
        return
    rows = [
        (
            source["id"],
            _shown(source),
            source.get("cron") or "",
            "yes" if source.get("watch") else "",
            "yes" if source.get("paused") else "",
            source.get("next_run") or "",
        )
        for source in found
    ]
    print_table(session.out, ("id", "source", "cron", "watched", "paused", "next run"), rows)


@app.command()
def add(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="As for load.")],
    collection: options.Collection = options.DEFAULT_COLLECTION,
    cron: Annotated[
        str | None, typer.Option(metavar="'M H D M W'", help="When to load it, in UTC.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Load what is written within seconds.")
    ] = False,
    kind: load.SourceKind = None,
    recursive: load.Recursive = True,
    pattern: load.Pattern = None,
    exclude: load.Exclude = None,
    column: load.Column = None,
    skip_duplicates: load.SkipDuplicates = False,
    sync: load.Sync = False,
    as_json: options.Json = False,
) -> None:
    """Keep a source, to be loaded by the clock, by what is written, or by `run`."""
    source_options = SourceOptions(kind, recursive, pattern, tuple(exclude or ()), column)
    (found,) = sources_of([source], source_options)
    body = {"source": found, **load.load_options(skip_duplicates=skip_duplicates, sync=sync)}
    body |= {"cron": cron} if cron else {}
    body |= {"watch": True} if watch else {}
    path = {"collection": collection}
    _run(
        session_of(context),
        Call("create_source", "POST", _ALL, {201: _OBJECT}, path, body=body),
        as_json=as_json,
    )


@app.command()
def run(
    context: typer.Context,
    source: SourceId,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Load a standing source now."""
    path = {"collection": collection, "source": source}
    call: Call[dict[str, Any]] = Call("run_source", "POST", f"{_ONE}/jobs", {202: _OBJECT}, path)
    session = session_of(context)
    with session.client() as client:
        job = client.run(call)
    if as_json:
        print_json(job)
    else:
        session.out.print(f"queued as job {job['id']}", soft_wrap=True)


@app.command()
def pause(
    context: typer.Context,
    source: SourceId,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Hold a standing source until it is resumed."""
    _patch(context, collection, source, paused=True, as_json=as_json)


@app.command()
def resume(
    context: typer.Context,
    source: SourceId,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Let a standing source go on."""
    _patch(context, collection, source, paused=False, as_json=as_json)


@app.command()
def delete(
    context: typer.Context,
    source: SourceId,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Forget a standing source; its images stay."""
    path = {"collection": collection, "source": source}
    session = session_of(context)
    with session.client() as client:
        client.run(Call[None]("delete_source", "DELETE", _ONE, {204: NOTHING}, path))
    if as_json:
        print_json({"deleted": source})
    else:
        session.out.print(f"deleted {source}", soft_wrap=True)


def _patch(
    context: typer.Context, collection: str, source: str, *, paused: bool, as_json: bool
) -> None:
    path = {"collection": collection, "source": source}
    call: Call[dict[str, Any]] = Call(
        "update_source", "PATCH", _ONE, {200: _OBJECT}, path, body={"paused": paused}
    )
    _run(session_of(context), call, as_json=as_json)


def _run(session: Session, call: Call[dict[str, Any]], *, as_json: bool) -> None:
    with session.client() as client:
        source = client.run(call)
    if as_json:
        print_json(source)
    else:
        state = "paused" if source.get("paused") else source.get("next_run") or "kept"
        session.out.print(f"{source['id']}  {_shown(source)}  {state}", soft_wrap=True)


def _shown(source: dict[str, Any]) -> str:
    what = source.get("source", {})
    return str(what.get("path") or what.get("url") or what.get("kind", ""))
