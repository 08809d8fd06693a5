"""`lookalike collections reencode`."""

from typing import Annotated, Literal

import typer

from lookalike_client.cli import options
from lookalike_client.cli.collections import Name
from lookalike_client.cli.output import print_json
from lookalike_client.cli.session import session_of
from lookalike_client.cli.watching import start_of
from lookalike_client.models import ReencodingInput


def reencode(
    context: typer.Context,
    name: Name,
    pooling: Annotated[
        Literal["avg", "max", "gem", "rmac"] | None, typer.Option(help="Its new descriptor.")
    ] = None,
    index: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Its new index, with default parameters.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Go on without what cannot be encoded.")
    ] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="Give it up, or drop the vectors that it replaced.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow it to its end; Ctrl-C asks.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Encode a collection anew, which is searched meanwhile; without options, show how it is."""
    session = session_of(context)
    with session.client() as client:
        if drop:
            client.delete_reencoding(name)
            if as_json:
                print_json({"dropped": name})
            else:
                session.out.print(f"dropped the other vectors of {name}", soft_wrap=True)
            return
        if pooling is None and index is None:
            found = client.get_reencoding(name)
            if as_json:
                print_json(found)
            else:
                text = f"{found.state}: {found.encoder}, {found.index.type}, job {found.job}"
                session.out.print(text, soft_wrap=True)
            return
        body = {"pooling": pooling, "index": index and {"type": index}}
        given = {key: value for key, value in body.items() if value}
        wanted = ReencodingInput.model_validate(
            {**given, **({"allow_missing": True} if allow_missing else {})}
        )
        job = client.start_reencoding(name, wanted)
        raise typer.Exit(start_of(session, client, job, to_end=watch, as_json=as_json))
