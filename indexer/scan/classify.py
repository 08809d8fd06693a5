"""Which of the found files are counted already, and which must be encoded."""

from collections.abc import Sequence
from typing import NamedTuple

from indexer.scan.context import ScanContext
from indexer.sources import FoundFile
from shared.domain.image import FileVersion, image_id
from shared.sources import FileStatus


class Classified(NamedTuple):
    """New or changed files, and the number of unchanged ones."""

    changed: Sequence[FoundFile]
    unchanged: int


class FileClassifier:
    """Classifies the files of one try of a scan.

    A repeated try skips files that are in pending chunks, that this job has written, or that it
    has reported as failed or duplicate: those are counted already.
    """

    def __init__(self, context: ScanContext) -> None:
        spec = context.spec
        self._spec = spec
        self._start = context.start
        self._scans = context.stores.scans
        self._images = context.stores.images
        self._files = context.stores.files
        kind = spec.source.kind
        # Uploads, and pictures at addresses, are known by their contents, so that these may list
        # the same picture twice. Eight bytes of an id are enough to tell, and take less memory.
        self._listed: set[int] | None = set() if kind in ("upload", "urls", "retry") else None
        # A known picture that is uploaded may get new tags or metadata: an encoder adds them to its
        # row without encoding it again.
        self._has_labels = kind in ("upload", "urls") and bool(spec.tags or spec.metadata)

    def classify(self, files: Sequence[FoundFile]) -> Classified:
        """Classify a batch. Raises NotFound, JobEnded, ShuttingDown."""
        by_id = {image_id(file.uri): file for file in files}
        unchanged = 0
        if self._listed is not None:
            fresh = {image: by_id[image] for image in by_id if _short(image) not in self._listed}
            unchanged = len(files) - len(fresh)
            self._listed.update(map(_short, fresh))
            by_id = fresh
        wanted = [image for image in by_id if image not in self._start.pending_ids]
        versions = self._images.file_versions(
            self._spec.collection, wanted, strong=self._start.is_restart
        )
        if self._start.is_restart:
            # After the rows: whoever takes over a row of this job says so before.
            wanted = self._not_accounted(wanted)
        changed = []
        for image in wanted:
            version, file = versions.get(image), by_id[image]
            if version is not None and self._start.is_restart and version.job == self._spec.id:
                continue  # A chunk of an earlier try wrote it, and counted it.
            if version is not None and self._is_unchanged(version, file) and not self._has_labels:
                unchanged += 1
            else:
                changed.append(file)
        return Classified(changed, unchanged)

    def not_accounted(self, uris: Sequence[str]) -> set[str]:
        """Those of `uris` that no earlier try has put into a chunk or reported."""
        if not self._start.is_restart:
            return set(uris)
        by_id = {image_id(uri): uri for uri in uris}
        return {by_id[image] for image in self._not_accounted(list(by_id))}

    def _not_accounted(self, ids: Sequence[str]) -> list[str]:
        left = [image for image in ids if image not in self._start.pending_ids]
        accounted = self._scans.accounted(self._spec.id, left)
        return [image for image, known in zip(left, accounted, strict=True) if not known]

    def _is_unchanged(self, version: FileVersion, file: FoundFile) -> bool:
        known = FileStatus(version.bytes, version.mtime_ns)
        return self._files.is_unchanged(file.uri, known, FileStatus(file.size, file.mtime_ns))


def _short(image: str) -> int:
    return int(image[:16], 16)
