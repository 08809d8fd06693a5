"""`lookalike sources`: what a collection loads again by itself."""

from typing import Annotated, Any

import typer

from lookalike_client.cli import load, options
from lookalike_client.cli.output import print_done, print_json, print_table
from lookalike_client.cli.session import Session, session_of
from lookalike_client.cli.source_kinds import SourceOptions, sources_of
from lookalike_client.cli.watching import start_of
from lookalike_client.models import StandingSource

app = typer.Typer(help="List standing sources; add, run, pause, resume or delete one.")

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
    with session.client() as client:
        found = client.list_sources(collection).items
    if as_json:
        for source in found:
            print_json(source)
        return
    rows = [
        (
            source.id,
            _shown(source),
            source.cron or "",
            "yes" if source.watch else "",
            "yes" if source.paused else "",
            _next_run(source),
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
    body: dict[str, Any] = {"source": found}
    body |= load.load_options(skip_duplicates=skip_duplicates, sync=sync)
    body |= {"cron": cron} if cron else {}
    body |= {"watch": True} if watch else {}
    session = session_of(context)
    with session.client() as client:
        kept = client.create_source(collection, body)
    _print(session, kept, as_json=as_json)


@app.command()
def run(
    context: typer.Context,
    source: SourceId,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Load a standing source now."""
    session = session_of(context)
    with session.client() as client:
        job = client.run_source(collection, source)
        start_of(session, client, job, to_end=False, as_json=as_json)


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
    session = session_of(context)
    with session.client() as client:
        client.delete_source(collection, source)
    print_done(session.out, "deleted", source, as_json=as_json)


def _patch(
    context: typer.Context, collection: str, source: str, *, paused: bool, as_json: bool
) -> None:
    session = session_of(context)
    with session.client() as client:
        changed = client.update_source(collection, source, {"paused": paused})
    _print(session, changed, as_json=as_json)


def _print(session: Session, source: StandingSource, *, as_json: bool) -> None:
    if as_json:
        print_json(source)
    else:
        state = "paused" if source.paused else _next_run(source) or "kept"
        session.out.print(f"{source.id}  {_shown(source)}  {state}", soft_wrap=True)


def _next_run(source: StandingSource) -> str:
    return source.model_dump(mode="json")["next_run"] or ""


def _shown(source: StandingSource) -> str:
    what = source.source.model_dump(mode="json")
    return str(what.get("path") or what.get("url") or what["kind"])
