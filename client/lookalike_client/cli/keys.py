"""`lookalike keys`: who may do what."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import print_done, print_json, print_table, shown_time
from lookalike_client.cli.session import complete_collection, session_of

app = typer.Typer(help="List the server's API keys; create or revoke one.")


class Action(StrEnum):
    """What a key may do. Typer takes no lists of literals."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    ADMIN = "admin"


KeyId = Annotated[str, typer.Argument(metavar="ID", help="A key's id.")]


@app.callback(invoke_without_command=True)
def keys(context: typer.Context, as_json: options.Json = False) -> None:
    """List the stored keys; it takes an administrator's key."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        found = client.list_keys().items
    if as_json:
        for key in found:
            print_json(key)
        return
    rows = [
        (
            key.id,
            key.name,
            ", ".join(key.actions),
            ", ".join(key.collections),
            "" if key.rate_per_minute is None else f"{key.rate_per_minute:,}",
            "expired" if key.expired else shown_time(key.expires_at),
            shown_time(key.last_used_at),
        )
        for key in found
    ]
    heads = ("id", "name", "actions", "collections", "per minute", "until", "last used")
    print_table(session.out, heads, rows)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose it is, or what for.")],
    action: Annotated[
        list[Action] | None, typer.Option("--action", "-a", help="May be repeated; read if unset.")
    ] = None,
    collection: Annotated[
        list[str] | None,
        typer.Option(
            "--collection",
            "-c",
            metavar="PATTERN",
            help="A name, or a pattern with *; may be repeated. All if unset.",
            autocompletion=complete_collection,
        ),
    ] = None,
    days: Annotated[
        float | None, typer.Option("--days", help="It ends after so many days.", min=0)
    ] = None,
    rate: Annotated[
        int | None, typer.Option("--rate", help="Requests in any minute.", min=1)
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Create a key. It is on stdout, this once; what it may is on stderr."""
    body: dict[str, Any] = {
        "name": name,
        "actions": [str(one) for one in action or (Action.READ,)],
        "collections": list(collection or ("*",)),
    }
    if days is not None:
        body["expires_at"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    if rate is not None:
        body["rate_per_minute"] = rate
    session = session_of(context)
    with session.client() as client:
        made = client.create_key(body)
    if as_json:
        print_json(made)
        return
    session.out.print(made.key, markup=False, soft_wrap=True)
    may = f"{', '.join(made.actions)} in {', '.join(made.collections)}"
    session.err.print(f"{made.id} {made.name}: {may}. The key is not shown again.", markup=False)


@app.command()
def revoke(
    context: typer.Context, key: KeyId, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Delete a key for good."""
    session = session_of(context)
    if not yes:
        typer.confirm(f"Revoke the key {key}?", abort=True, err=True)
    with session.client() as client:
        client.delete_key(key)
    print_done(session.out, "revoked", key, as_json=as_json)
