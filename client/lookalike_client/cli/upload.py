"""`lookalike upload`: pictures on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike_client.cli import options
from lookalike_client.cli.exits import ExitCode
from lookalike_client.cli.output import print_json, shown_bytes
from lookalike_client.cli.session import Session, session_of
from lookalike_client.cli.watching import progress_bar
from lookalike_client.client import Client
from lookalike_client.uploads import BatchOutcome, FolderUpload


def upload(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", exists=True, help="Pictures and folders.")
    ],
    collection: options.Collection = options.DEFAULT_COLLECTION,
    tag: options.Tags = None,
    metadata: options.Metadata = None,
    skip_duplicates: Annotated[
        bool, typer.Option("--skip-duplicates", help="Leave out contents that are there already.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send what the collection has already, too.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until what was sent can be searched.")
    ] = False,
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Requests at once.")] = 4,
    as_json: options.Json = False,
) -> None:
    """Send pictures of this machine; what the collection has already is not sent again."""
    session = session_of(context)
    folder = FolderUpload(
        collection,
        paths,
        tags=tag or [],
        metadata=options.json_object(metadata, "--metadata"),
        on_duplicate="skip" if skip_duplicates else "keep",
        resume=not again,
        wait=wait,
    )
    with session.client() as client:
        total = _send(session, client, folder, parallel)
    failed = [
        {"path": str(path), "code": code, "reason": reason} for path, code, reason in total.failed
    ]
    sent = len(total.sent)
    if as_json:
        counts = {"sent": sent, "known": len(total.known), "failed": len(failed)}
        print_json({**counts, "bytes": total.bytes, "jobs": total.jobs, "failures": failed})
    else:
        text = f"{sent:,} sent ({shown_bytes(total.bytes)}), {len(total.known):,} known already"
        session.out.print(f"{text}, {len(failed):,} failed", soft_wrap=True)
        for failure in failed:
            line = f"{failure['path']}: {failure['reason']} ({failure['code']})"
            session.err.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(ExitCode.FILES_FAILED if failed else ExitCode.DONE)


def _send(session: Session, client: Client, folder: FolderUpload, parallel: int) -> BatchOutcome:
    total = BatchOutcome()
    count = sum(1 for _ in folder.files(client.get_system()))
    with progress_bar(session) as progress:
        task = progress.add_task("sending", total=count)
        try:
            for batch in client.upload_folder(folder, parallel=parallel):
                _add(total, batch)
                done = len(total.known) + len(total.sent) + len(total.failed)
                details = f"{shown_bytes(total.bytes)}  {len(total.known)} known"
                # An archive counts as the pictures in it, once they are known.
                progress.update(task, completed=done, total=max(count, done), details=details)
        except KeyboardInterrupt:
            progress.stop()
            session.err.print("Stopped. The same command goes on from here.", soft_wrap=True)
            raise
    return total


def _add(total: BatchOutcome, batch: BatchOutcome) -> None:
    total.known += batch.known
    total.jobs += batch.jobs
    total.bytes += batch.bytes
    total.failed += batch.failed
    for path, said in batch.sent:
        if said.outcome in ("rejected", "failed"):
            total.failed.append((path, said.code or said.outcome, said.reason or ""))
        else:
            total.sent.append((path, said))
