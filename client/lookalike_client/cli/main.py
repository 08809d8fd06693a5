"""The command's beginning: options of all commands, errors as one line, exit codes."""

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated

import typer

from lookalike_client.cli import (
    collections,
    duplicates,
    exports,
    images,
    jobs,
    keys,
    load,
    measures,
    reencoding,
    search,
    sources,
    status,
    upload,
    webhooks,
)
from lookalike_client.cli.exits import ExitCode, code_of
from lookalike_client.cli.session import Session
from lookalike_client.errors import LookalikeError

#: Packages that are installed beside this one add commands by entry points of this group: a
#: function that takes the arguments, from the command's name on, and returns the exit status.
PLUGINS = "lookalike.commands"

_EPILOG = (
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not found, 4 not allowed, "
    "5 not reachable or too busy, 6 some files failed, 7 the job failed or was cancelled, "
    "130 interrupted."
)

app = typer.Typer(
    name="lookalike",
    help="Reverse image search by a Lookalike server: load pictures, find what looks alike.",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command()(load.load)
app.command()(upload.upload)
app.command()(search.search)
app.add_typer(jobs.app, name="jobs")
app.command()(jobs.failures)
collections.app.command()(reencoding.reencode)
app.add_typer(collections.app, name="collections")
app.command()(exports.export)
app.command()(exports.exports)
app.command()(images.images)
app.command()(images.tag)
app.command()(images.forget)
app.add_typer(sources.app, name="sources")
app.add_typer(duplicates.app, name="duplicates")
app.add_typer(measures.app, name="calibration")
app.command()(measures.facets)
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
app.command()(status.status)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"lookalike-client {version('lookalike-client')}\n")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _begin(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(envvar="LOOKALIKE_URL", help="The server; http://127.0.0.1:8000 if unset."),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="LOOKALIKE_API_KEY", help="A key, if it asks for one.")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    context.obj = Session(url, api_key)
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


def _plug_in(plugin: EntryPoint) -> None:
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}

    @app.command(
        plugin.name,
        context_settings={**settings, "help_option_names": []},
        help="Offered by the server's packages, which are installed here.",
        add_help_option=False,
    )
    def command(context: typer.Context) -> None:
        raise typer.Exit(plugin.load()([plugin.name, *context.args]))


for _found in sorted(entry_points(group=PLUGINS)):
    _plug_in(_found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. What went wrong is one line on stderr."""
    try:
        code = app(arguments, prog_name="lookalike", standalone_mode=False)
    except typer.TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except typer.Abort:
        return ExitCode.FAILED
    except LookalikeError as error:
        return _fail(str(error), code_of(error))
    except BrokenPipeError:
        # Whoever read has enough; at its end Python would complain of it.
        sys.stdout = sys.stderr
        return ExitCode.DONE
    except OSError as error:
        return _fail(str(error), ExitCode.FAILED)
    return int(code or 0)


def run() -> None:
    """The console script."""
    sys.exit(main())


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"lookalike: {' '.join(message.split())}\n")
    return code
