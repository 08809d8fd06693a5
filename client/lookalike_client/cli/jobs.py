"""`lookalike jobs` and `lookalike failures`."""

import sys
from itertools import islice
from typing import Annotated, Literal

import typer

from lookalike_client.cli import options
from lookalike_client.cli.exits import ExitCode
from lookalike_client.cli.output import (
    print_json,
    print_table,
    shown_source,
    shown_status,
    shown_time,
    shown_uri,
    summary_of,
)
from lookalike_client.cli.session import session_of
from lookalike_client.cli.watching import watch as follow
from lookalike_client.models import Job

app = typer.Typer(help="List jobs; show, watch, pause, resume, cancel or retry one.")

Status = Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]


@app.callback(invoke_without_command=True)
def jobs(
    context: typer.Context,
    collection: options.AnyCollection = None,
    status: Annotated[Status | None, typer.Option(help="Only jobs of this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 20,
    as_json: options.Json = False,
) -> None:
    """List jobs, newest first."""
    if not options.is_list(context):
        return
    session = session_of(context)
    with session.client() as client:
        pages = client.iterate_jobs(collection=collection, status=status, limit=min(limit, 1000))
        found = list(islice(pages, limit))
    if as_json:
        for job in found:
            print_json(job)
        return
    rows = [
        (
            job.id,
            job.collection,
            shown_source(job),
            shown_status(job),
            f"{job.done:,}/{job.total:,}",
            f"{job.failed:,}",
            shown_time(job.created_at),
        )
        for job in found
    ]
    heads = ("job", "collection", "source", "status", "done", "failed", "created")
    print_table(session.out, heads, rows, right="done failed")


@app.command()
def show(context: typer.Context, job: options.JobId, as_json: options.Json = False) -> None:
    """Show a job."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_job(job)
    _print(context, found, as_json=as_json)


@app.command()
def watch(context: typer.Context, job: options.JobId, as_json: options.Json = False) -> None:
    """Follow a job to its end."""
    session = session_of(context)
    with session.client() as client:
        code = follow(session, client, client.get_job(job), as_json=as_json)
    raise typer.Exit(code)


@app.command("follow")
def follow_all(
    context: typer.Context,
    collection: options.AnyCollection = None,
    as_json: options.Json = False,
) -> None:
    """Follow all jobs, a line whenever one has changed, until Ctrl-C."""
    session = session_of(context)
    with session.client() as client:
        for event in client.stream_events(collection=collection):
            if event.job is None:
                session.err.print("Some changes were lost; `lookalike jobs` lists all jobs.")
            elif as_json:
                print_json(event.job)
            else:
                job = event.job
                line = f"{job.id}  {job.collection}  {job.done:,}/{job.total:,}  {summary_of(job)}"
                session.out.print(line, soft_wrap=True, markup=False)


@app.command()
def cancel(context: typer.Context, job: options.JobId, as_json: options.Json = False) -> None:
    """End a job; what is indexed stays."""
    with session_of(context).client() as client:
        _print(context, client.cancel_job(job), as_json=as_json)


@app.command()
def pause(context: typer.Context, job: options.JobId, as_json: options.Json = False) -> None:
    """Hold a job until it is resumed."""
    with session_of(context).client() as client:
        _print(context, client.pause_job(job), as_json=as_json)


@app.command()
def resume(context: typer.Context, job: options.JobId, as_json: options.Json = False) -> None:
    """Let a paused job go on."""
    with session_of(context).client() as client:
        _print(context, client.resume_job(job), as_json=as_json)


@app.command()
def retry(
    context: typer.Context,
    job: options.JobId,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the new job.")] = False,
    as_json: options.Json = False,
) -> None:
    """Queue the failed files of a job again, as a new job."""
    session = session_of(context)
    with session.client() as client:
        new = client.retry_job(job)
        code = ExitCode.DONE
        if watch:
            code = follow(session, client, new, as_json=as_json)
        else:
            _print(context, new, as_json=as_json)
    raise typer.Exit(code)


def failures(
    context: typer.Context,
    job: options.JobId,
    csv: Annotated[bool, typer.Option("--csv", help="As a CSV file.")] = False,
    as_json: options.Json = False,
) -> None:
    """List the files of a job that could not be loaded, and why."""
    session = session_of(context)
    with session.client() as client:
        if csv:
            sys.stdout.write(client.list_job_failures_csv(job))
            return
        found = client.iterate_job_failures(job, limit=1000)
        if as_json:
            for failure in found:
                print_json(failure)
            return
        rows = ((shown_uri(f.uri), f.code, f.reason, f.attempts) for f in found)
        print_table(session.out, ("file", "code", "reason", "attempts"), rows, right="attempts")


def _print(context: typer.Context, job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json(job)
        return
    out = session_of(context).out
    out.print(f"job {job.id} of {job.collection}: {shown_source(job)}", soft_wrap=True)
    out.print(summary_of(job), soft_wrap=True)
    if job.error:
        out.print(f"{job.error.code}: {job.error.detail}", markup=False, soft_wrap=True)
