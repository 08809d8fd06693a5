"""A job that writes a collection to files, instead of loading any."""

from contextlib import ExitStack
from pathlib import Path

from indexer.exports.parquet_rows import Row, RowsFile
from indexer.exports.part_files import written_whole
from indexer.exports.upload_archives import UploadArchive
from indexer.scan.context import ScanContext, require_edition
from shared.domain.collection import CollectionIdentity
from shared.domain.export import MANIFEST, ExportManifest, ExportPart, ExportStep, PartKind
from shared.domain.job import ExportSource
from shared.domain.regions import LAYOUT
from shared.errors import JobFailed, LookalikeError, NotFound, StorageFull, storage_error
from shared.files.exports import (
    export_folder,
    export_names,
    remove_export,
    write_manifest,
)
from shared.files.paths import upload_path
from shared.files.uris import UPLOAD_SCHEME
from shared.ledger import JobEnded
from shared.log import get_logger

_log = get_logger(__name__)

#: Rows of one part: about 100 MB of vectors.
PART_ROWS = 50_000
#: A part ends early where the uploads beside it are this large.
_UPLOADS_BYTES = 1 << 30


class ExportRun:
    """One try of such a job. A repeated one goes on behind the last step that was recorded.

    Rows are read by id, so that none comes twice: each image that there was when the job began,
    and that was neither changed nor deleted before it ended, is in the export as it was. What is
    written meanwhile may be in it, or not.
    """

    def __init__(self, context: ScanContext, source: ExportSource) -> None:
        self._context = context
        self._spec = context.spec
        self._stores = context.stores
        self._with_uploads = source.uploads
        self._expected = 0
        self._missing = 0

    def run(self) -> None:
        """Write it to the end.

        Raises NotFound, JobFailed, CopyOutdated, ScanSuperseded, ScanSuspended, JobEnded,
        ShuttingDown.
        """
        try:
            self._run()
        except (LookalikeError, JobEnded):
            self._remove_unfinished(self._spec.id)
            raise
        except OSError as error:
            self._remove_unfinished(self._spec.id)
            raise _storage_failed(error) from error

    def _run(self) -> None:
        collections = self._stores.collections
        target = collections.identity(self._spec.collection)
        target.require_generation(self._spec.generation)
        require_edition(self._context, target)
        self._remove_abandoned()
        folder = export_folder(self._spec.id, self._stores.settings)
        folder.mkdir(parents=True, exist_ok=True)
        # After a strong count, the look-ups that follow see every write before it.
        self._expected = collections.count(target.name)
        texts = self._stores.copies.steps(self._spec.id)
        steps = [ExportStep.model_validate_json(text) for text in texts]
        step = steps[-1] if steps else ExportStep(parts=(), images=0, stage="images")
        while step.stage != "end":
            step = self._step(folder, target, step, len(steps))
            self._record(step.images, len(steps), step.model_dump_json())
            steps.append(step)
        self._finish(target, [part for each in steps for part in each.parts], step.finished_at)

    def _step(
        self, folder: Path, target: CollectionIdentity, before: ExportStep, number: int
    ) -> ExportStep:
        """Write the files of the step after `before`."""
        kind: PartKind = "images" if before.stage == "images" else "regions"
        batch = self._read(target, kind, before.last)
        if not batch:
            return self._next_stage(target, before)
        # Another try of this job, if one still runs, writes to files of other names.
        suffix = f"{number:05}-{self._context.generation}"
        name, rows, images, last = f"{kind}-{suffix}.parquet", 0, before.images, ""
        with ExitStack() as stack:
            file = stack.enter_context(written_whole(folder, name))
            uploads = UploadArchive(stack, folder, f"uploads-{suffix}.tar")
            with RowsFile(file, kind) as table:
                while batch:
                    table.write(batch)
                    rows, last = rows + len(batch), batch[-1]["id"]
                    if kind == "images":
                        images += len(batch)
                        self._add_uploads(uploads, target, batch)
                    self._context.wait_while_paused()
                    self._record(images, number)
                    if rows >= PART_ROWS or uploads.size >= _UPLOADS_BYTES:
                        break
                    batch = self._read(target, kind, last)
            parts = (*uploads.finish(), file.part(name, kind, rows))
        return ExportStep(parts=parts, images=images, stage=before.stage, last=last)

    def _next_stage(self, target: CollectionIdentity, before: ExportStep) -> ExportStep:
        if before.stage == "images" and target.regions:
            return ExportStep(parts=(), images=before.images, stage="regions")
        now = self._context.retry(self._stores.jobs.now)
        return ExportStep(parts=(), images=before.images, stage="end", finished_at=now)

    def _read(self, target: CollectionIdentity, kind: PartKind, last: str) -> list[Row]:
        copies = self._stores.row_copies
        try:
            if kind == "images":
                return copies.images_after(target, last)
            return copies.regions_after(target, last)
        except NotFound:
            now = self._stores.collections.identity(target.name)
            now.require_generation(target.generation)
            require_edition(self._context, now)
            raise

    def _add_uploads(
        self, uploads: UploadArchive, target: CollectionIdentity, rows: list[Row]
    ) -> None:
        for uri in (row["uri"] for row in rows if self._with_uploads):
            if uri.startswith(UPLOAD_SCHEME):
                path = upload_path(uri, target.name, self._stores.settings)
                self._missing += not uploads.add(path)

    def _finish(
        self, target: CollectionIdentity, parts: list[ExportPart], finished_at: float
    ) -> None:
        settings, spec = self._stores.settings, self._spec
        info = self._context.retry(self._stores.collections.get, target.name)
        info.require_generation(target.generation)
        require_edition(self._context, info)
        manifest = ExportManifest(
            collection=target.name,
            generation=target.generation,
            description=info.description,
            fingerprint=target.fingerprint,
            weights=target.weights,
            pooling=target.pooling,
            index=info.index,
            regions=LAYOUT if target.regions else None,
            with_uploads=self._with_uploads,
            created_at=spec.created_at,
            finished_at=finished_at,
            parts=tuple(parts),
        )
        # Of tries that were killed before they recorded what they had written.
        named = {MANIFEST, *(part.name for part in parts)}
        for path in export_folder(spec.id, settings).iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
        write_manifest(spec.id, manifest, settings)
        self._stores.scans.finish(spec.id, self._context.generation)
        images, missing = manifest.rows("images"), self._missing
        _log.info("export_finished", images=images, bytes=manifest.bytes, uploads_missing=missing)

    def _record(self, images: int, before: int, step: str = "") -> None:
        self._stores.copies.record(
            self._spec.id,
            self._context.generation,
            expected=self._expected,
            images=images,
            before=before,
            step=step,
        )

    def _remove_abandoned(self) -> None:
        """Delete what is left of jobs that ended while no indexer worked on them."""
        for export in list(export_names(self._stores.settings)):
            # What an operator is copying there has no job, and perhaps no manifest yet.
            if self._context.retry(self._stores.jobs.status, export) in ("cancelled", "failed"):
                self._remove_unfinished(export)

    def _remove_unfinished(self, export: str) -> None:
        try:
            # Another indexer may have finished what this one was too slow for.
            if self._stores.jobs.status(export) != "done":
                remove_export(export, self._stores.settings)
        except (LookalikeError, OSError) as error:
            _log.warning("export_delete_failed", export=export, error=str(error))


def _storage_failed(error: OSError) -> JobFailed:
    found = storage_error(error)
    if isinstance(found, StorageFull):
        return JobFailed(
            "storage_full",
            f"The disk of the exports is full ({error.strerror}); what was written was deleted. "
            "Free space there (LOOKALIKE_EXPORTS_DIR), and start the export again.",
        )
    return JobFailed(
        "storage_unavailable",
        f"The export cannot be written: {error.strerror}. See to the permissions and the mount of "
        "LOOKALIKE_EXPORTS_DIR.",
    )
