"""Which kind of source an argument of `load` and `sources add` is."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import typer

Kind: TypeAlias = Literal["directory", "archive", "bucket", "urls"]

#: Addresses in one load.
MOST_URLS = 10_000
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst")
_LISTS = (".txt", ".csv", ".tsv", ".parquet")
_BUCKET = re.compile(r"(s3|gs|az|azure|abfss?)://", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True)
class SourceOptions:
    """What may be said of a source beside what it is."""

    kind: Kind | None = None
    recursive: bool = True
    pattern: str | None = None
    exclude: Sequence[str] = ()
    column: str | None = None


def kind_of(argument: str) -> Kind:
    """The kind that an argument looks like: a bucket's or a picture's address, or a path."""
    if _BUCKET.match(argument):
        return "bucket"
    if _ADDRESS.match(argument):
        return "urls"
    name = argument.lower()
    if not Path(argument).is_dir():
        if name.endswith(_ARCHIVES):
            return "archive"
        if name.endswith(_LISTS):
            return "urls"
    return "directory"


def sources_of(arguments: Sequence[str], options: SourceOptions) -> list[dict[str, Any]]:
    """The sources that arguments name: one for each path and bucket, one for all addresses.

    `-` reads addresses from stdin, one a line. Raises BadParameter.
    """
    sources: list[dict[str, Any]] = []
    addresses: list[str] = []
    for argument in arguments:
        if argument == "-":
            lines = map(str.strip, typer.get_text_stream("stdin"))
            addresses += [line for line in lines if line and not line.startswith("#")]
        elif _ADDRESS.match(argument):
            addresses.append(argument)
        else:
            sources.append(_source(argument, options))
    sources += [
        {"kind": "urls", "urls": addresses[start : start + MOST_URLS]}
        for start in range(0, len(addresses), MOST_URLS)
    ]
    if not sources:
        raise typer.BadParameter("There is no address on stdin.")
    return sources


def _source(argument: str, options: SourceOptions) -> dict[str, Any]:
    kind = options.kind or kind_of(argument)
    source: dict[str, Any] = {"kind": kind}
    if kind == "bucket":
        source["url"] = argument
    else:
        source["path"] = _path(argument)
    if kind == "directory" and not options.recursive:
        source["recursive"] = False
    given = {"pattern": options.pattern, "exclude": list(options.exclude), "column": options.column}
    allowed = {"directory": {"pattern", "exclude"}, "bucket": {"pattern", "exclude"}}
    allowed |= {"urls": {"column"}}
    for name, value in given.items():
        if not value:
            continue
        if name not in allowed.get(kind, set()):
            raise typer.BadParameter(f"--{name} says nothing of a source of kind {kind}.")
        source[name] = value
    return source


def _path(argument: str) -> str:
    """A path that is here as an absolute one; others are the server's, below an image root."""
    path = os.path.expanduser(argument)  # noqa: PTH111 - text in, text out
    return os.path.abspath(path) if os.path.exists(path) else path  # noqa: PTH100, PTH110
