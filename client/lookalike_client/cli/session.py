"""What all commands share: the client, and where output goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer
from rich.console import Console

from lookalike_client.client import Client
from lookalike_client.exchange import Retries

#: A person waits: what is away is told within seconds.
_RETRIES = Retries(attempts=4, patience=15.0, first_wait=0.3)
_UNFOLDED = 10_000
#: Completion must not hold up a shell.
_COMPLETION_SECONDS = 2.0


@dataclass
class Session:
    """The options before the command, and the consoles."""

    url: str | None = None
    api_key: str | None = None
    out: Console = field(default_factory=lambda: _stdout())
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of the server that was named."""
        with connect(self.url, self.api_key) as client:
            yield client

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can be asked."""
        return self.err.is_terminal and typer.get_text_stream("stdin").isatty()


def _stdout() -> Console:
    # In a pipe or a file no line is folded or cut off.
    width = None if typer.get_text_stream("stdout").isatty() else _UNFOLDED
    return Console(highlight=False, width=width)


def connect(url: str | None, api_key: str | None) -> Client:
    """A client with a person's patience."""
    return Client(url, api_key, retries=_RETRIES)


def session_of(context: typer.Context) -> Session:
    """The session of a command."""
    found = context.find_root().obj
    if not isinstance(found, Session):
        found = context.find_root().obj = Session()
    return found


def complete_collection(incomplete: str) -> list[str]:
    """Names of collections for the shell, of the server that the environment names."""
    with Client(timeout=_COMPLETION_SECONDS, retries=Retries(attempts=1)) as client:
        try:
            names = [found.name for found in client.list_collections().items]
        except Exception:  # noqa: BLE001 - a shell wants names, not reasons
            return []
    return [name for name in names if name.startswith(incomplete)]


def complete_job(incomplete: str) -> list[tuple[str, str]]:
    """Ids of jobs for the shell, newest first, each with what it is."""
    with Client(timeout=_COMPLETION_SECONDS, retries=Retries(attempts=1)) as client:
        try:
            jobs = client.list_jobs(limit=50).items
        except Exception:  # noqa: BLE001 - a shell wants ids, not reasons
            return []
    return [(j.id, f"{j.collection}: {j.status}") for j in jobs if j.id.startswith(incomplete)]
