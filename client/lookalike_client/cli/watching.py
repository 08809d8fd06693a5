"""A job followed to its end, with a progress bar; Ctrl-C asks what is to become of it."""

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.prompt import Prompt
from rich.text import Text

from lookalike_client.cli.exits import ExitCode, code_of_job
from lookalike_client.cli.output import print_json, shown_uri, summary_of
from lookalike_client.cli.session import Session
from lookalike_client.client import Client
from lookalike_client.models import Job

#: Failures that are named while they happen; `failures` lists all.
_NAMED = 5


def watch(session: Session, client: Client, job: Job, *, as_json: bool) -> ExitCode:
    """Follow a job until it has ended; what has become of it is printed."""
    while True:
        try:
            ended = _follow(session, client, job)
        except KeyboardInterrupt:
            answer = _ask(session)
            if answer == "watch":
                continue
            if answer == "cancel":
                ended = client.cancel_job(job.id)
            else:
                again = f"lookalike jobs watch {job.id}"
                session.err.print(f"The job goes on; follow it by: {again}", soft_wrap=True)
                raise typer.Exit(ExitCode.INTERRUPTED) from None
        break
    if as_json:
        print_json(ended)
    else:
        session.out.print(summary_of(ended), soft_wrap=True)
        if ended.error:
            session.err.print(f"{ended.error.code}: {ended.error.detail}", soft_wrap=True)
        if ended.failed:
            session.err.print(f"why: lookalike failures {ended.id}", soft_wrap=True)
    return code_of_job(ended)


def start_of(
    session: Session, client: Client, job: Job, *, to_end: bool, as_json: bool
) -> ExitCode:
    """Tell of a job that was queued; follow it if it is to be followed `to_end`."""
    if to_end:
        return watch(session, client, job, as_json=as_json)
    if as_json:
        print_json(job)
    else:
        session.out.print(f"queued as job {job.id}", soft_wrap=True)
    return ExitCode.DONE


def _ask(session: Session) -> str:
    """`cancel`, `leave` or `watch`; a job is left running where nobody can be asked."""
    if not session.is_interactive:
        return "leave"
    try:
        return Prompt.ask(
            "Cancel the job, leave it running, or watch on?",
            choices=["cancel", "leave", "watch"],
            default="leave",
            console=session.err,
        )
    except (KeyboardInterrupt, EOFError):
        return "leave"


def _follow(session: Session, client: Client, job: Job) -> Job:
    with progress_bar(session) as progress:
        task = progress.add_task(job.status, total=None)
        show(progress, task, job)
        failures = 0
        for event in client.stream_job_events(job.id):
            if event.job is not None:
                job = event.job
                show(progress, task, job)
            elif event.failure is not None:
                failures += 1
                if failures <= _NAMED:
                    failure = event.failure
                    line = f"{shown_uri(failure.uri)}: {failure.reason} ({failure.code})"
                    progress.console.print(Text(line), soft_wrap=True)
    # What came last, even if the stream ended at an event that was received before.
    return job if job.finished else client.get_job(job.id)


def progress_bar(session: Session) -> Progress:
    """A bar on stderr, as long as that is a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<8}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        _Details("{task.fields}"),
        console=session.err,
        disable=not session.err.is_terminal,
        transient=True,
        expand=True,
    )


class _Details(TextColumn):
    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("details", "")))


def show(progress: Progress, task: TaskID, job: Job) -> None:
    """Bring a bar up to date: its total grows while the source is scanned."""
    details = f"{job.images_per_second:.1f} images/s"
    if job.eta_seconds is not None and not job.finished:
        details += f"  {_duration(job.eta_seconds)} left"
    if job.failed:
        details += f"  {job.failed} failed"
    total = job.total or None
    progress.update(task, description=job.status, completed=job.done, total=total, details=details)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
