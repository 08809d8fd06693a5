"""Removal of images whose files are missing, at the end of a load with `sync`.

A source that cannot be seen whole, or from which too much is missing, loses nothing: the job fails.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from indexer.scan.context import ScanContext
from indexer.scan.removal import BATCH as _BATCH
from indexer.scan.removal import RowRemoval
from indexer.scan.source_filesystems import SourceFilesystems
from indexer.sources import Synced
from shared.domain.image import ImageFilter
from shared.errors import JobFailed

#: Fewer missing images than this are removed, whatever share of the source they are.
_ALWAYS_ALLOWED = 20
_REMEDY = "If that is meant, load it again with allow_mass_removal."


class Pruner:
    """The removals of one job. Methods raise JobFailed, ScanSuperseded, JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext, source: Synced) -> None:
        self._spec = context.spec
        self._source = source
        self._scans = context.stores.scans
        self._images = context.stores.images
        self._removal = RowRemoval(context)
        self._filesystems = SourceFilesystems(context)
        #: What identifies the source's places, as before the walk.
        self.identities: Mapping[str, tuple[int, int]] = {}

    def finish_begun(self) -> None:
        """Finish a batch of removals that an earlier try of this scan began and did not count.

        To be called before the walk: if a file was restored since, its row must stay.
        """
        self._removal.finish_begun(lambda row: self._source.is_missing(row.uri))

    def remember(self) -> None:
        """Record what the source has before it is walked.

        How many images, and as `identities` what is compared before each removal.
        """
        self.identities = self._source.identities()
        rows = self._count()
        if not self._source.covers_all:
            rows = sum(1 for _, uri in self._uris() if self._source.covers(uri))
        self._scans.note_source_rows(self._spec.id, rows)

    def remove_missing(self, identities: Mapping[str, tuple[int, int]]) -> None:
        """Remove the images under the source whose file is missing.

        `identities` are those of before the walk.

        Raises JobFailed `source_replaced`, `source_empty`, `mass_removal` where nothing may be
        removed, unless the job allows it.
        """
        self.identities = identities
        self._require_unchanged()
        # After a strong count, the look-ups that follow see every write before it.
        self._count()
        is_missing = self._source.missing()
        missing = sum(1 for _ in self._missing(is_missing))
        if missing and not self._spec.allow_mass_removal:
            self._require_allowed(missing, self._had())
        batch: list[str] = []
        for image in self._missing(is_missing) if missing else ():
            batch.append(image)
            if len(batch) >= _BATCH:
                self._remove(batch)
                batch = []
        if batch:
            self._remove(batch)

    def _had(self) -> int:
        """How many images of the source there were before the load."""
        noted = self._scans.note_source_rows(self._spec.id, 0)
        if not self._source.covers_all:
            return noted
        # Those in archives below were counted, too.
        return noted - sum(1 for _, uri in self._uris() if not self._source.covers(uri))

    def _require_allowed(self, missing: int, had: int) -> None:
        noun = self._source.noun
        numbers = f"{missing} of the {had} images of the {noun} would be forgotten."
        source = self._spec.source
        if source.kind == "directory" and not self._filesystems.all_there(source):
            raise JobFailed(
                "source_replaced",
                "The directory, or a folder in it, is on another file system than at its last "
                f"load, and {numbers} Is its disk mounted? {_REMEDY}",
            )
        if self._source.is_empty():
            what = "Is its disk mounted? " if source.kind == "directory" else ""
            raise JobFailed("source_empty", f"The {noun} is empty, and {numbers} {what}{_REMEDY}")
        if missing >= _ALWAYS_ALLOWED and 2 * missing > had:
            raise JobFailed("mass_removal", f"{numbers} {_REMEDY}")

    def _missing(self, is_missing: Callable[[str], bool]) -> Iterator[str]:
        covers = self._source.covers
        return (image for image, uri in self._uris() if covers(uri) and is_missing(uri))

    def _uris(self) -> Iterator[tuple[str, str]]:
        """The ids and uris of all images below the source."""
        wanted, last = ImageFilter(path_prefix=self._source.prefix), ""
        while rows := self._images.list_uris(self._spec.collection, wanted, last):
            last = rows[-1][0]
            yield from rows

    def _count(self) -> int:
        wanted = ImageFilter(path_prefix=self._source.prefix)
        return self._images.count(self._spec.collection, wanted)

    def _require_unchanged(self) -> None:
        if dict(self._source.identities()) != dict(self.identities):
            raise JobFailed(
                "source_missing",
                f"The {self._source.noun} was replaced while it was loaded. Is its disk mounted?",
            )

    def _remove(self, ids: Sequence[str]) -> None:
        self._require_unchanged()
        self._removal.remove(ids)
