"""`lookalike load`: any source of the server's."""

from typing import Annotated, Any

import typer

from lookalike_client.cli import options
from lookalike_client.cli.exits import ExitCode
from lookalike_client.cli.session import Session, session_of
from lookalike_client.cli.source_kinds import Kind, SourceOptions, sources_of
from lookalike_client.cli.watching import start_of
from lookalike_client.cli.watching import watch as follow
from lookalike_client.client import Client
from lookalike_client.errors import InvalidRequest
from lookalike_client.models import Job

#: What is answered of paths that the server cannot load.
_NOT_THE_SERVERS = ("path_not_found", "path_outside_roots")

SourceKind = Annotated[
    Kind | None, typer.Option("--kind", help="The kind of source, if it is not as it looks.")
]
Recursive = Annotated[
    bool, typer.Option("--recursive/--no-recursive", help="Whether to go into sub-folders.")
]
Pattern = Annotated[str | None, typer.Option(metavar="GLOB", help="Only files like this.")]
Exclude = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="No files like this; may be repeated.")
]
Column = Annotated[
    str | None, typer.Option(help="The column of a CSV or Parquet list that has the addresses.")
]
SkipDuplicates = Annotated[
    bool, typer.Option("--skip-duplicates", help="Leave out contents that are there already.")
]
Sync = Annotated[bool, typer.Option("--sync", help="Forget images whose file is gone.")]


def load(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="A folder or archive on the server, s3://…, gs://…, az://…, a .txt, .csv or "
            ".parquet list of addresses, addresses themselves, or - for addresses on stdin.",
        ),
    ],
    collection: options.Collection = options.DEFAULT_COLLECTION,
    kind: SourceKind = None,
    recursive: Recursive = True,
    pattern: Pattern = None,
    exclude: Exclude = None,
    column: Column = None,
    skip_duplicates: SkipDuplicates = False,
    sync: Sync = False,
    allow_mass_removal: Annotated[
        bool, typer.Option("--allow-mass-removal", help="Let --sync forget more than half.")
    ] = False,
    report_duplicates: Annotated[
        bool, typer.Option("--report-duplicates", help="List what looks like a copy.")
    ] = False,
    tag: options.Tags = None,
    metadata: options.Metadata = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow it to its end; Ctrl-C asks.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Load pictures that the server can read itself. For those on this machine: upload."""
    session = session_of(context)
    source_options = SourceOptions(kind, recursive, pattern, tuple(exclude or ()), column)
    body = load_options(skip_duplicates=skip_duplicates, sync=sync)
    body |= {"allow_mass_removal": True} if allow_mass_removal else {}
    body |= {"report_duplicates": True} if report_duplicates else {}
    body |= {"tags": tag} if tag else {}
    body |= {"metadata": options.json_object(metadata, "--metadata")} if metadata else {}
    worst = ExitCode.DONE
    with session.client() as client:
        jobs = []
        for source in sources_of(sources, source_options):
            job = _create(session, client, collection, {"source": source, **body})
            if watch:
                jobs.append(job)
            else:
                start_of(session, client, job, to_end=False, as_json=as_json)
        for job in jobs:
            worst = max(worst, follow(session, client, job, as_json=as_json))
    raise typer.Exit(worst)


def _create(session: Session, client: Client, collection: str, body: dict[str, Any]) -> Job:
    try:
        return client.create_job(collection, body)
    except InvalidRequest as error:
        if error.code in _NOT_THE_SERVERS:
            session.err.print("For pictures on this machine: lookalike upload")
        raise


def load_options(*, skip_duplicates: bool, sync: bool) -> dict[str, Any]:
    """What a load and a standing source have in common; nothing of what is the default."""
    body: dict[str, Any] = {"on_duplicate": "skip"} if skip_duplicates else {}
    return body | ({"sync": True} if sync else {})
