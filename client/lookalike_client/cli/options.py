"""Options that several commands have."""

import json
from typing import Annotated, Any

import typer

from lookalike_client.cli.session import complete_collection, complete_job

Collection = Annotated[
    str,
    typer.Option(
        "--collection",
        "-c",
        envvar="LOOKALIKE_COLLECTION",
        help="The collection.",
        autocompletion=complete_collection,
    ),
]
AnyCollection = Annotated[
    str | None,
    typer.Option(
        "--collection", "-c", help="Of one collection.", autocompletion=complete_collection
    ),
]
DEFAULT_COLLECTION = "photos"

JobId = Annotated[str, typer.Argument(help="A job's id.", autocompletion=complete_job)]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON: an object, or one for each line of a list.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Label it; may be repeated.")]
Metadata = Annotated[
    str | None, typer.Option("--metadata", metavar="JSON", help="Metadata of every image.")
]
OfTag = Annotated[str | None, typer.Option("--tag", help="Only images with this tag.")]
OfFolder = Annotated[
    str | None, typer.Option("--folder", help="Only images in this folder and below.")
]
Filter = Annotated[
    str | None,
    typer.Option("--filter", metavar="JSON", help="Only images that match this filter."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def is_list(context: typer.Context) -> bool:
    """Whether a group is called without one of its commands, and so lists.

    Raises BadParameter for options before the command's name, which it would not see.
    """
    if context.invoked_subcommand is None:
        return True
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = f"--{name.removeprefix('as_')}"
            raise typer.BadParameter(f"Put {option} behind {context.invoked_subcommand}.")
    return False


def parts_of(ids: list[str], size: int) -> list[list[str]]:
    """Ids in parts of so many at most."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def json_object(text: str | None, option: str) -> dict[str, Any]:
    """What an option of JSON holds, {} without it. Raises BadParameter."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{option} is no JSON object.")
    return found


def filter_of(
    tag: str | None, folder: str | None, text: str | None, ids: list[str] | None = None
) -> dict[str, Any]:
    """One filter of all that limits a command, {} where nothing does. Raises BadParameter."""
    must: list[dict[str, Any]] = []
    if tag:
        must.append({"field": "tags", "any": [tag]})
    if folder:
        must.append({"folder": folder})
    if ids:
        must.append({"field": "id", "any": ids})
    if given := json_object(text, "--filter"):
        must.append(given)
    return {"must": must} if must else {}
