"""`lookalike duplicates`: groups of images that show the same."""

from itertools import islice
from typing import Annotated, Literal

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import print_done, print_json, print_table, shown_bytes, shown_uri
from lookalike_client.cli.session import session_of
from lookalike_client.cli.watching import start_of
from lookalike_client.models import DuplicatesInput, Resolution

app = typer.Typer(help="List duplicates; find, dismiss or resolve them, or report a load's.")

Group = Annotated[str, typer.Argument(metavar="GROUP", help="A group's id.")]
Grade = Literal["identical", "copy", "similar"]
Limit = Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")]


@app.callback(invoke_without_command=True)
def duplicates(
    context: typer.Context,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    grade: Annotated[Grade | None, typer.Option(help="Only groups of this grade.")] = None,
    min_match: Annotated[
        float | None, typer.Option(min=0, max=1, help="Only groups held together so well.")
    ] = None,
    limit: Limit = 20,
    as_json: options.Json = False,
) -> None:
    """List the groups that were found last, the largest first: an image on each line."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        found = client.iterate_duplicates(
            collection, grade=grade, min_match=min_match, limit=min(limit or 100, 100)
        )
        groups = islice(found, limit or None)
        if as_json:
            for group in groups:
                print_json(group)
            return
        rows = [
            (
                group.id if first else "",
                group.grade if first else "",
                f"{group.match:.3f}" if first else "",
                "keep" if image.id == group.suggested_keep else "",
                image.id,
                f"{image.width}x{image.height}",
                shown_bytes(image.bytes),
                shown_uri(image.uri),
            )
            for group in groups
            for first, image in ((at == 0, each) for at, each in enumerate(group.images))
        ]
    heads = ("group", "grade", "match", "suggested", "id", "pixels", "size", "picture")
    print_table(session.out, heads, rows, right="match pixels size")


@app.command()
def find(
    context: typer.Context,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    min_match: Annotated[
        float | None, typer.Option(min=0.5, max=1, help="The least match of copies.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it to its end.")] = False,
    as_json: options.Json = False,
) -> None:
    """Group the images that show the same; the groups replace those found before."""
    session = session_of(context)
    body = DuplicatesInput() if min_match is None else DuplicatesInput(min_match=min_match)
    with session.client() as client:
        job = client.find_duplicates(collection, body)
        raise typer.Exit(start_of(session, client, job, to_end=watch, as_json=as_json))


@app.command()
def dismiss(
    context: typer.Context,
    group: Group,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    as_json: options.Json = False,
) -> None:
    """Say that the images of a group are no duplicates, for good."""
    session = session_of(context)
    with session.client() as client:
        client.dismiss_duplicates(collection, group)
    print_done(session.out, "dismissed", group, as_json=as_json)


@app.command()
def resolve(
    context: typer.Context,
    group: Group,
    keep: Annotated[list[str], typer.Option(metavar="ID", help="What stays; may be repeated.")],
    collection: options.Collection = options.DEFAULT_COLLECTION,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Forget the images of a group but for some. Only uploaded files are deleted."""
    session = session_of(context)
    if not yes:
        kept = "1 image" if len(keep) == 1 else f"{len(keep)} images"
        typer.confirm(f"Keep {kept} of {group} and forget the others?", abort=True, err=True)
    deleted = 0
    with session.client() as client:
        while True:
            done = client.resolve_duplicates(collection, group, Resolution(keep=keep))
            deleted += done.deleted
            if not done.left or not done.deleted:
                break
    if as_json:
        print_json({"deleted": deleted, "left": done.left})
    else:
        left = f", {done.left:,} left" if done.left else ""
        session.out.print(f"{deleted:,} forgotten{left}")


@app.command()
def report(
    context: typer.Context, job: options.JobId, limit: Limit = 50, as_json: options.Json = False
) -> None:
    """List what a load with --report-duplicates brought that was there already."""
    session = session_of(context)
    with session.client() as client:
        found = islice(
            client.iterate_job_duplicates(job, limit=min(limit or 1000, 1000)), limit or None
        )
        if as_json:
            for item in found:
                print_json(item)
            return
        rows = [
            (
                item.grade,
                f"{item.match:.3f}",
                shown_uri(item.uri),
                shown_uri(item.of.uri) if item.of else "(forgotten)",
            )
            for item in found
        ]
    print_table(session.out, ("grade", "match", "picture", "looks like"), rows, right="match")
