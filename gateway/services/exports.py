"""Exports: started, listed, read and deleted; and collections that are made of one."""

import os
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from gateway.services.encoders import encoder_weights
from gateway.services.export_owners import ExportOwners
from gateway.services.loads import LoadService
from shared.domain.base import Frozen
from shared.domain.collection import CollectionIdentity, IndexSpec
from shared.domain.export import MANIFEST, ExportManifest
from shared.domain.fingerprint import fingerprint
from shared.domain.job import ExportSource, ImportSource, Job
from shared.domain.regions import LAYOUT
from shared.errors import Conflict, InvalidRequest, LookalikeError, NotFound, storage_error
from shared.files.exports import (
    export_folder,
    export_names,
    export_not_found,
    read_manifest,
    remove_export,
)
from shared.ledger import Jobs, Workers
from shared.log import get_logger
from shared.settings import Settings
from shared.sources import FileStatus
from shared.store import Collections

_log = get_logger(__name__)


class Export(NamedTuple):
    """An export that is finished."""

    id: str
    manifest: ExportManifest


class OpenPart(NamedTuple):
    """A file of an export; `sha256` is None for the manifest."""

    file: BinaryIO
    status: FileStatus
    sha256: str | None


class NewCollection(Frozen):
    """How a collection that is made of an export differs from the one that was exported."""

    name: str
    description: str | None = None
    index: IndexSpec | None = None
    any_encoder: bool = False


class ExportService:
    """Exports of a collection are those that were made of it, by whatever name it had then.

    They outlive it: where it is gone, they are those of the name that it had when they were made.

    Methods raise Unavailable, and NotFound `export_not_found`.
    """

    def __init__(
        self,
        settings: Settings,
        collections: Collections,
        jobs: Jobs,
        workers: Workers,
        loads: LoadService,
    ) -> None:
        self._settings = settings
        self._collections = collections
        self._jobs = jobs
        self._workers = workers
        self._loads = loads

    def start(self, collection: str, *, uploads: bool) -> Job:
        """Queue an export; the job that is under way, if it is alike.

        Raises NotFound `collection_not_found`, QueueFull.
        """
        target, source = self._collections.identity(collection), ExportSource(uploads=uploads)
        return self._loads.unfinished(target, source) or self._loads.queue_alone(target, source)

    def list(self, collection: str) -> list[Export]:
        """The exports of a collection, the newest first; those that cannot be read are left out.

        Raises NotFound `collection_not_found` where there is neither the collection nor any.
        """
        found = []
        owners = ExportOwners(self._collections, collection)
        try:
            names = list(export_names(self._settings))
        except OSError as error:
            raise storage_error(error) from error
        for name in names:
            try:
                manifest = read_manifest(name, self._settings)
            except (NotFound, InvalidRequest):
                continue
            except OSError as error:
                _log.warning("export_unreadable", export=name, error=str(error))
                continue
            if owners.has(manifest):
                found.append(Export(name, manifest))
        if not found and owners.generation is None:
            self._collections.identity(collection)
        return sorted(found, key=lambda export: (-export.manifest.created_at, export.id))

    def get(self, collection: str, export: str) -> Export:
        """One export. Raises InvalidRequest `export_unsupported`, `export_corrupt`."""
        manifest = self._read(export)
        if not ExportOwners(self._collections, collection).has(manifest):
            raise export_not_found(export)
        return Export(export, manifest)

    def open_part(self, collection: str, export: str, name: str) -> OpenPart:
        """A part, or the manifest itself. Raises NotFound `part_not_found`."""
        found = self.get(collection, export).manifest
        hashes: dict[str, str | None] = {part.name: part.sha256 for part in found.parts}
        hashes[MANIFEST] = None
        if name not in hashes:
            raise _part_not_found(export, name)
        try:
            file = (export_folder(export, self._settings) / name).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise _part_not_found(export, name) from error
        except OSError as error:
            raise storage_error(error) from error
        status = os.fstat(file.fileno())
        return OpenPart(file, FileStatus(status.st_size, status.st_mtime_ns), hashes[name])

    def delete(
        self, collection: str, export: str, check_unreadable: Callable[[], None] = lambda: None
    ) -> None:
        """Delete an export. Raises Conflict `export_in_use` while it is imported.

        `check_unreadable` is called for one whose manifest cannot be read, and raises where that
        may not be deleted: nobody can tell whose it is.
        """
        try:
            self.get(collection, export)
        except InvalidRequest:
            check_unreadable()
            self._collections.identity(collection)
        for job_id in self._jobs.active():
            job = self._jobs.get(job_id)
            if job.spec.source == ImportSource(export=export) and not job.finished:
                raise Conflict(
                    "export_in_use",
                    f"The job {job_id} imports this export. Cancel it first, or wait for its end.",
                )
        try:
            remove_export(export, self._settings)
        except OSError as error:
            raise storage_error(error) from error
        _log.info("export_deleted", export=export)

    def collection_of(self, export: str) -> str:
        """The collection that was exported, by its present name; by the one it had if it is gone.

        Raises InvalidRequest `export_unsupported`, `export_corrupt`.
        """
        manifest = self._read(export)
        return ExportOwners(self._collections, manifest.collection).name_of(manifest)

    def create_collection(self, export: str, new: NewCollection) -> Job:
        """Create a collection as the exported one was, and queue the job that fills it.

        Raises Conflict `collection_exists`, `encoder_mismatch`; InvalidRequest
        `export_unsupported`, `export_corrupt`, `invalid_index`; QueueFull; Unavailable
        `no_encoder`.
        """
        manifest = self._read(export)
        if fingerprint(manifest.weights, manifest.pooling) != manifest.fingerprint:
            raise _unsupported(f"of the encoder {manifest.fingerprint!r}")
        if manifest.regions not in (None, LAYOUT):
            raise _unsupported(f"with regions {manifest.regions!r}")
        if not new.any_encoder:
            self._require_encoder(manifest)
        self._loads.check_queue()
        info = self._collections.create(
            new.name,
            description=manifest.description if new.description is None else new.description,
            weights=manifest.weights,
            pooling=manifest.pooling,
            index=new.index or manifest.index,
            regions=manifest.regions is not None,
        )
        return self._loads.queue_alone(info, ImportSource(export=export))

    def _require_encoder(self, manifest: ExportManifest) -> None:
        running = encoder_weights(self._workers)
        if manifest.weights not in running:
            identity = CollectionIdentity(
                name=manifest.collection,
                fingerprint=manifest.fingerprint,
                weights=manifest.weights,
                pooling=manifest.pooling,
            )
            identity.require(running[0])

    def _read(self, export: str) -> ExportManifest:
        try:
            return read_manifest(export, self._settings)
        except OSError as error:
            raise storage_error(error) from error


def _part_not_found(export: str, name: str) -> NotFound:
    return NotFound("part_not_found", f"The export {export!r} has no part {name!r}.")


def _unsupported(what: str) -> LookalikeError:
    return InvalidRequest(
        "export_unsupported", f"The export is {what}, which this Lookalike does not know."
    )
