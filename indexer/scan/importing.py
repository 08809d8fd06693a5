"""A job that writes the rows of an export into a collection, instead of loading any."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from indexer.exports.parquet_rows import Row, read_rows
from indexer.exports.part_files import verify
from indexer.exports.upload_archives import keep_times, unpack_uploads
from indexer.scan.context import ScanContext
from shared.domain.collection import CollectionIdentity
from shared.domain.export import ExportManifest, ExportPart
from shared.domain.job import ImportSource
from shared.errors import InvalidRequest, JobFailed, storage_error
from shared.files.exports import export_folder, read_manifest
from shared.ledger import RowLock
from shared.log import get_logger

_log = get_logger(__name__)


class ImportRun:
    """One try of such a job. A repeated one begins with the part that the last one was in.

    An image that is there already stays as it is, whoever wrote it: so a batch may be repeated,
    and what was changed since is not undone.
    """

    def __init__(self, context: ScanContext, source: ImportSource) -> None:
        self._context = context
        self._spec = context.spec
        self._stores = context.stores
        self._export = source.export
        # What is done under a lock is repeated with the lock.
        self._copies = context.stores.row_copies.with_retry(None)

    def run(self) -> None:
        """Write them to the end.

        Raises NotFound, JobFailed, CopyOutdated, ScanSuperseded, ScanSuspended, JobEnded,
        ShuttingDown.
        """
        settings, stores = self._stores.settings, self._stores
        target = stores.collections.identity(self._spec.collection)
        target.require_generation(self._spec.generation)
        manifest = self._manifest(target)
        folder = export_folder(self._export, settings)
        done = len(stores.copies.steps(self._spec.id))
        if done == 0:
            # Before a row is written: a part that is wrong must not leave half a collection.
            for part in manifest.parts:
                verify(folder, part, self._breathe())
        images = sum(part.rows for part in manifest.parts[:done] if part.kind == "images")
        for number, part in enumerate(manifest.parts[done:], done):
            note = partial(self._note, manifest, number)
            self._import(folder, part, target, images, note)
            images += part.rows if part.kind == "images" else 0
            note(images, part.name)
        stores.scans.finish(self._spec.id, self._context.generation)
        _log.info("import_finished", images=images, export=self._export)

    def _manifest(self, target: CollectionIdentity) -> ExportManifest:
        try:
            manifest = read_manifest(self._export, self._stores.settings)
        except InvalidRequest as error:
            raise JobFailed(error.code, error.detail) from error
        except OSError as error:
            raise JobFailed(
                "export_unreadable", f"The manifest cannot be read: {error.strerror}."
            ) from error
        if manifest.fingerprint != target.fingerprint:
            raise JobFailed(
                "export_changed", "The export is another one than when the collection was made."
            )
        return manifest

    def _import(
        self,
        folder: Path,
        part: ExportPart,
        target: CollectionIdentity,
        images: int,
        note: Callable[[int], None],
    ) -> None:
        if part.kind == "uploads":
            try:
                unpack_uploads(folder, part, target, self._stores.settings, self._breathe())
            except OSError as error:
                found = storage_error(error)
                raise JobFailed(found.code, found.detail) from error
            return
        for batch in read_rows(folder, part):
            self._context.wait_while_paused()
            if part.kind == "images":
                self._context.retry(self._write_images, target, batch)
                images += len(batch)
                note(images)
            else:
                self._context.retry(self._write_regions, target, batch)

    def _write_images(self, target: CollectionIdentity, rows: Sequence[Row]) -> None:
        wanted = RowLock(target.name, [row["id"] for row in rows], self._spec.id)
        with self._stores.row_locks.hold(wanted, self._context.retry.sleep) as held:
            there = self._copies.contents(target, wanted.ids)
            new = [row for row in rows if row["id"] not in there]
            for row in new:
                keep_times(row["uri"], row["mtime_ns"], target.name, self._stores.settings)
            held.require_time()
            self._copies.write_images(target, new)

    def _write_regions(self, target: CollectionIdentity, rows: Sequence[Row]) -> None:
        """Write the regions of images that have the same content here, and no regions yet."""
        images = list(dict.fromkeys(row["image"] for row in rows))
        wanted = RowLock(target.name, images, self._spec.id, changes_labels=False)
        with self._stores.row_locks.hold(wanted, self._context.retry.sleep) as held:
            contents = self._copies.contents(target, images)
            there = self._copies.regions_there(target, [row["id"] for row in rows])
            fitting = (row for row in rows if contents.get(row["image"]) == row["sha256"])
            new = [row for row in fitting if row["id"] not in there]
            held.require_time()
            self._copies.write_regions(target, new)

    def _note(self, manifest: ExportManifest, before: int, images: int, step: str = "") -> None:
        self._stores.copies.record(
            self._spec.id,
            self._context.generation,
            expected=manifest.rows("images"),
            images=images,
            before=before,
            step=step,
        )

    def _breathe(self) -> Callable[[], None]:
        """What long work calls between its pieces: looks now and then whether it is to go on."""
        calls = 0

        def breathe() -> None:
            nonlocal calls
            calls += 1
            if calls % 64 == 0:
                self._context.wait_while_paused()

        return breathe
