"""`lookalike images`, `tag` and `forget`."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import (
    print_json,
    print_table,
    shown_bytes,
    shown_time,
    shown_uri,
)
from lookalike_client.cli.session import session_of
from lookalike_client.models import CountQuery, Filter, Image, Job, TagsUpdate

#: Ids in one request.
_IDS_IN_A_BODY = 1000
_IDS_IN_AN_ADDRESS = 100
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of images.")]
Order = Literal["id", "added_at", "-added_at", "taken_at", "-taken_at"]


def images(
    context: typer.Context,
    image: Annotated[str | None, typer.Argument(metavar="ID", help="Show only this one.")] = None,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    tag: options.OfTag = None,
    folder: options.OfFolder = None,
    filter_: options.Filter = None,
    order: Annotated[Order | None, typer.Option(help="- for the newest first.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 50,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the picture of the ID.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the images of a collection, or show one."""
    session = session_of(context)
    if save is not None and image is None:
        raise typer.BadParameter("--save needs an ID.")
    with session.client() as client:
        if image is not None:
            found = client.get_image(collection, image)
            if save is not None:
                save.write_bytes(client.get_image_content(collection, image).content)
            if as_json:
                print_json(found)
            else:
                _show(context, found)
            return
        listed = client.iterate_images(
            collection,
            filter=options.filter_of(tag, folder, filter_) or None,
            order=order,
            limit=min(limit or 1000, 1000),
        )
        chosen = islice(listed, limit or None)
        if as_json:
            for one in chosen:
                print_json(one)
            return
        rows = [
            (
                one.id,
                f"{one.width}x{one.height}",
                one.format,
                shown_bytes(one.bytes),
                shown_uri(one.uri),
                ", ".join(one.tags),
            )
            for one in chosen
        ]
    heads = ("id", "pixels", "format", "size", "picture", "tags")
    print_table(session.out, heads, rows, right="pixels size")


def tag(
    context: typer.Context,
    ids: Ids = None,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    add: Annotated[list[str] | None, typer.Option(help="A tag to add; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A tag to take away.")] = None,
    of_tag: options.OfTag = None,
    folder: options.OfFolder = None,
    filter_: options.Filter = None,
    as_json: options.Json = False,
) -> None:
    """Add tags to images, and take tags away: of ids, or of what a filter names."""
    session = session_of(context)
    wanted = options.filter_of(of_tag, folder, filter_)
    if bool(ids) == bool(wanted):
        raise typer.BadParameter("Name images by their ids, or by --tag, --folder or --filter.")
    if not add and not remove:
        raise typer.BadParameter("Name a tag: --add or --remove.")
    parts = options.parts_of(ids or [], _IDS_IN_A_BODY)
    bodies = [{"filter": wanted}] if wanted else [{"ids": part} for part in parts]
    changed, missing = 0, list[str]()
    with session.client() as client:
        for body in bodies:
            update = TagsUpdate.model_validate({**body, "add": add or [], "remove": remove or []})
            while True:
                done = client.tag_images(collection, update)
                changed += done.changed
                if not done.remaining:
                    break
            missing += done.missing
    if as_json:
        print_json({"changed": changed, "missing": missing})
    else:
        text = f"{changed:,} changed" + (f", {len(missing):,} not there" if missing else "")
        session.out.print(text)


def forget(
    context: typer.Context,
    ids: Ids = None,
    collection: options.Collection = options.DEFAULT_COLLECTION,
    of_tag: options.OfTag = None,
    folder: options.OfFolder = None,
    filter_: options.Filter = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Forget images: of ids, or of what a filter names. Only uploaded files are deleted."""
    session = session_of(context)
    wanted = options.filter_of(of_tag, folder, filter_)
    if bool(ids) == bool(wanted):
        raise typer.BadParameter("Name images by their ids, or by --tag, --folder or --filter.")
    parts = options.parts_of(ids or [], _IDS_IN_AN_ADDRESS)
    filters = [wanted] if wanted else [options.filter_of(None, None, None, part) for part in parts]
    with session.client() as client:
        if not yes:
            counts = (
                client.count_images(collection, CountQuery(filter=Filter.model_validate(one))).count
                for one in filters
            )
            typer.confirm(f"Forget {sum(counts):,} images of {collection}?", abort=True, err=True)
        found: dict[str, Any] = {"deleted": 0, "jobs": []}
        for one in filters:
            done = client.delete_images(collection, filter=one)
            if isinstance(done, Job):
                found["jobs"].append(done.id)
            else:
                found["deleted"] += done.deleted
    if as_json:
        print_json(found)
        return
    session.out.print(f"{found['deleted']:,} forgotten")
    for job in found["jobs"]:
        session.out.print(f"more than a thousand: job {job} forgets them", soft_wrap=True)


def _show(context: typer.Context, image: Image) -> None:
    facts = {
        "id": image.id,
        "picture": shown_uri(image.uri),
        "sha256": image.sha256,
        "pixels": f"{image.width}x{image.height} {image.format}",
        "size": shown_bytes(image.bytes),
        "added": shown_time(image.added_at),
        "taken": shown_time(image.taken_at),
        "camera": image.camera or "",
        "tags": ", ".join(image.tags),
        "metadata": image.metadata or "",
    }
    for name, value in facts.items():
        if value:
            line = f"{name:<9} {value}"
            session_of(context).out.print(line, markup=False, soft_wrap=True)
