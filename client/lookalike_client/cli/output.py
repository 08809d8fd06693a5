"""Tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lookalike_client.models import Job

_IDS = {"id", "job", "group"}


def print_json(value: BaseModel | Mapping[str, Any]) -> None:
    """One object on one line of stdout."""
    text = value.model_dump_json() if isinstance(value, BaseModel) else json.dumps(value)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_done(console: Console, verb: str, name: str, *, as_json: bool) -> None:
    """What was done with one thing: `deleted 3f2a`, or as JSON `{"deleted": "3f2a"}`."""
    if as_json:
        print_json({verb: name})
    else:
        console.print(f"{verb} {name}", soft_wrap=True)


def print_table(
    console: Console, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, right: str = ""
) -> None:
    """A table; `right` names the columns of numbers. Neither they nor ids are folded."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = set(right.split())
    for head in heads:
        justify: Literal["left", "right"] = "right" if head in numbers else "left"
        table.add_column(head, justify=justify, no_wrap=head in numbers | _IDS)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console.print(table)


def shown_uri(uri: str) -> str:
    """A uri as a person reads it: the path of a file."""
    return unquote(uri.removeprefix("file://")) if uri.startswith("file://") else uri


def shown_bytes(count: int) -> str:
    """A size in the largest unit that it fills."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def shown_time(moment: datetime | None) -> str:
    """A time in the zone of this machine, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def shown_source(job: Job) -> str:
    """What a job loads, in a few words."""
    source = job.source.model_dump()
    kind = str(source.pop("kind", ""))
    for name in ("path", "url", "job", "export"):
        if source.get(name):
            named = name in ("job", "export")
            return f"{kind} {source[name]}" if named else str(source[name])
    for name in ("files", "addresses"):
        if source.get(name):
            return (
                f"{kind} of {source[name]} {name}" if name == "files" else f"{source[name]} {name}"
            )
    return kind


def shown_status(job: Job) -> Text:
    """A job's status, coloured."""
    colours = {"done": "green", "failed": "red", "cancelled": "yellow", "paused": "yellow"}
    return Text(job.status, style=colours.get(job.status, "cyan"))


def summary_of(job: Job) -> str:
    """A job's counts in one line; those that are 0 are left out, but for what was indexed."""
    counts = [f"{job.indexed:,} indexed"]
    counts += [
        f"{count:,} {name}"
        for name, count in (
            ("unchanged", job.unchanged),
            ("duplicates", job.duplicates),
            ("failed", job.failed),
            ("ignored", job.ignored),
            ("removed", job.removed),
        )
        if count
    ]
    text = f"{job.status}: {', '.join(counts)}"
    if job.started_at and job.finished_at:
        seconds = (job.finished_at - job.started_at).total_seconds()
        rate = f", {job.indexed / seconds:.1f} images/s" if job.indexed and seconds else ""
        text += f", in {seconds:.1f} s{rate}"
    return text
