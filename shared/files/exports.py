"""The folders of exports: each is whole once it has a manifest."""

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from shared.domain.export import EXPORT_PATTERN, MANIFEST, VERSION, ExportManifest
from shared.errors import InvalidRequest, NotFound
from shared.files.stored import sync
from shared.settings import Settings

#: How the names of folders begin that are being deleted, and of files that are being written.
HIDDEN = "."
_NAME = re.compile(EXPORT_PATTERN)


def exports_folder(settings: Settings) -> Path:
    """Where all exports are."""
    return settings.exports_dir or settings.data_dir / "exports"


def export_folder(export: str, settings: Settings) -> Path:
    """Where an export is, or would be. Raises NotFound `export_not_found` for no name of one."""
    if not _NAME.fullmatch(export):
        raise export_not_found(export)
    return exports_folder(settings) / export


def read_manifest(export: str, settings: Settings) -> ExportManifest:
    """What an export holds.

    Raises NotFound `export_not_found`, also where it is unfinished; InvalidRequest
    `export_unsupported`, `export_corrupt`; OSError.
    """
    try:
        text = (export_folder(export, settings) / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise export_not_found(export) from error
    try:
        found = json.loads(text)
        version = found["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _no_manifest(export) from error
    if version != VERSION:
        raise InvalidRequest(
            "export_unsupported",
            f"The export {export!r} has the version {version!r}; this Lookalike reads {VERSION}.",
        )
    try:
        return ExportManifest.model_validate(found)
    except ValidationError as error:
        raise _no_manifest(export) from error


def write_manifest(export: str, manifest: ExportManifest, settings: Settings) -> None:
    """Write a manifest, whole or not at all. Raises OSError."""
    folder = export_folder(export, settings)
    temporary = folder / f"{HIDDEN}{MANIFEST}-{uuid.uuid4().hex}"
    temporary.write_text(manifest.model_dump_json(indent=2) + "\n")
    sync(temporary)
    temporary.replace(folder / MANIFEST)
    sync(folder)


def export_names(settings: Settings) -> Iterator[str]:
    """The names of what is in the folder of exports, unfinished ones too. Raises OSError."""
    try:
        with os.scandir(exports_folder(settings)) as entries:
            yield from (e.name for e in entries if _NAME.fullmatch(e.name) and e.is_dir())
    except FileNotFoundError:
        return


def remove_export(export: str, settings: Settings) -> None:
    """Delete an export, if it is there: at once for whoever looks. Raises OSError."""
    folder = export_folder(export, settings)
    aside = folder.with_name(f"{HIDDEN}deleted-{uuid.uuid4().hex}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside)


def export_not_found(export: str) -> NotFound:
    return NotFound(
        "export_not_found",
        f"There is no export {export!r}, or its job has not finished it yet.",
    )


def _no_manifest(export: str) -> InvalidRequest:
    return InvalidRequest(
        "export_corrupt", f"The manifest of the export {export!r} is none; copy it again."
    )
