"""Which found files are already accounted for, and which an encoder must see."""

from collections.abc import Sequence
from typing import NamedTuple

from indexer.sources.directory import FoundFile
from shared.domain.job import JobSpec
from shared.files.uris import FILE_SCHEME, image_id
from shared.ledger import Scans, ScanStart
from shared.retry import Persistence
from shared.store.images import Images, Stamp


class Sorted(NamedTuple):
    """New or changed files, and how many others are as the collection knows them."""

    changed: Sequence[FoundFile]
    unchanged: int


class KnownFiles:
    """Sorts the files of one try of a scan.

    A repeated try passes over files that are in pending chunks, that this job has written, or
    that it has reported as failed or duplicate: those are counted already.
    """

    def __init__(
        self,
        spec: JobSpec,
        start: ScanStart,
        scans: Scans,
        images: Images,
        persistence: Persistence,
    ) -> None:
        self._spec = spec
        self._start = start
        self._scans = scans
        self._images = images
        self._persistence = persistence
        # Only an upload may list the same picture twice.
        self._listed: set[str] | None = set() if spec.source.kind == "upload" else None
        # Who uploads a known picture with tags wants it to have them: an encoder adds them to its
        # row without encoding it again.
        self._labels = spec.source.kind == "upload" and bool(spec.tags or spec.metadata)

    def sort(self, files: Sequence[FoundFile]) -> Sorted:
        """Sort a batch. Raises NotFound, ScanEnded, Stopped."""
        by_id = {image_id(file.uri): file for file in files}
        unchanged = 0
        if self._listed is not None:
            fresh = {image: by_id[image] for image in by_id if image not in self._listed}
            unchanged = len(files) - len(fresh)
            self._listed.update(fresh)
            by_id = fresh
        wanted = self._not_accounted(list(by_id)) if self._start.again else list(by_id)
        stamps = self._stamps(wanted)
        changed = []
        for image in wanted:
            stamp, file = stamps.get(image), by_id[image]
            if stamp is not None and self._start.again and stamp.job == self._spec.id:
                continue  # A chunk of an earlier try wrote it, and counted it.
            if stamp is not None and _same(stamp, file) and not self._labels:
                unchanged += 1
            else:
                changed.append(file)
        return Sorted(changed, unchanged)

    def not_accounted(self, uris: Sequence[str]) -> set[str]:
        """Those of `uris` that an earlier try has neither in a chunk nor reported."""
        if not self._start.again:
            return set(uris)
        by_id = {image_id(uri): uri for uri in uris}
        return {by_id[image] for image in self._not_accounted(list(by_id))}

    def _not_accounted(self, ids: Sequence[str]) -> list[str]:
        left = [image for image in ids if image not in self._start.pending_ids]
        accounted = self._persistence.run(lambda: self._scans.accounted(self._spec.id, left))
        return [image for image, known in zip(left, accounted, strict=True) if not known]

    def _stamps(self, ids: Sequence[str]) -> dict[str, Stamp]:
        return self._persistence.run(
            lambda: self._images.stamps(self._spec.collection, ids, strong=self._start.again)
        )


def _same(stamp: Stamp, file: FoundFile) -> bool:
    # The uri of an upload names its content, whenever that was stored.
    timeless = not file.uri.startswith(FILE_SCHEME)
    return stamp.bytes == file.size and (timeless or stamp.mtime_ns == file.mtime_ns)
