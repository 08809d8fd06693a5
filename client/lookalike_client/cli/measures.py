"""`lookalike calibration` and `facets`: what is known of a collection."""

from typing import Annotated

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import print_json, print_table, shown_time
from lookalike_client.cli.session import session_of
from lookalike_client.cli.watching import start_of

app = typer.Typer(help="Show the thresholds of a collection, or compute them.")


@app.callback(invoke_without_command=True)
def calibration(
    context: typer.Context,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Show which scores and matches few pairs of different pictures have, as computed last."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        found = client.get_calibration(collection)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            f"{one.false_match_rate:g}",
            _number(one.score),
            _number(one.match),
            "" if one.pairs_above is None else f"{one.pairs_above:,}",
        )
        for one in found.thresholds
    ]
    heads = ("rate", "score", "match", "pairs")
    print_table(session.out, heads, rows, right=" ".join(heads))
    session.err.print(
        f"{found.pairs:,} pairs of {found.images:,} images, {shown_time(found.computed_at)}"
    )


@app.command()
def start(
    context: typer.Context,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it to its end.")] = False,
    as_json: options.Json = False,
) -> None:
    """Compute the thresholds from pairs of the collection's own images."""
    session = session_of(context)
    with session.client() as client:
        job = client.start_calibration(collection)
        raise typer.Exit(start_of(session, client, job, to_end=watch, as_json=as_json))


def facets(
    context: typer.Context,
    field: Annotated[
        str, typer.Argument(help="tags, format, camera, metadata.NAME and others.")
    ] = "tags",
    collection: options.Collection = options.DEFAULT_COLLECTION,
    prefix: Annotated[str | None, typer.Option(help="Only values that begin so.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_json: options.Json = False,
) -> None:
    """List the values of a field, most frequent first, with how many images have each."""
    session = session_of(context)
    with session.client() as client:
        found = client.list_facets(collection, field=field, prefix=prefix, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [(one.value, f"{one.count:,}") for one in found.items]
    print_table(session.out, (found.field, "images"), rows, right="images")
    if not found.complete:
        session.err.print(f"counted in {found.looked_at:,} of the images")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
