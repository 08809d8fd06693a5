"""`lookalike webhooks`: addresses that the server tells of jobs that have ended."""

from typing import Annotated

import typer

from lookalike_client.cli import options
from lookalike_client.cli.output import print_done, print_json, print_table, shown_time
from lookalike_client.cli.session import session_of

app = typer.Typer(help="List webhooks; add or delete one.")


@app.callback(invoke_without_command=True)
def webhooks(context: typer.Context, as_json: options.Json = False) -> None:
    """List the webhooks, with what became of their messages."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        found = client.list_webhooks().items
    if as_json:
        for webhook in found:
            print_json(webhook)
        return
    rows = [
        (
            webhook.id,
            webhook.url,
            f"{webhook.delivered:,}",
            f"{webhook.waiting:,}",
            f"{webhook.failures:,}",
            webhook.last_delivery.code if webhook.last_delivery else "",
            shown_time(webhook.last_delivery.at) if webhook.last_delivery else "",
        )
        for webhook in found
    ]
    heads = ("id", "url", "delivered", "waiting", "failures", "last", "at")
    print_table(session.out, heads, rows, right="delivered waiting failures")


@app.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Where messages are posted to.")],
    secret: Annotated[
        str,
        typer.Option(
            envvar="LOOKALIKE_WEBHOOK_SECRET",
            prompt=True,
            hide_input=True,
            help="The key of the signatures; asked for, if it is not given.",
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Have an address told of each job that has ended."""
    session = session_of(context)
    with session.client() as client:
        kept = client.create_webhook({"url": url, "events": ["job.finished"], "secret": secret})
    if as_json:
        print_json(kept)
    else:
        session.out.print(f"{kept.id}  {kept.url}", soft_wrap=True, markup=False)


@app.command()
def delete(
    context: typer.Context,
    webhook: Annotated[str, typer.Argument(metavar="ID", help="A webhook's id.")],
    as_json: options.Json = False,
) -> None:
    """Forget a webhook, with the messages that wait for it."""
    session = session_of(context)
    with session.client() as client:
        client.delete_webhook(webhook)
    print_done(session.out, "deleted", webhook, as_json=as_json)
