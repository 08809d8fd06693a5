"""The file systems that a source is on, compared with those of its last load."""

from collections.abc import Mapping

from indexer.scan.context import ScanContext
from indexer.sources.directory_listing import is_empty
from shared.domain.job import DirectorySource, Source
from shared.files.filesystems import RecordedFilesystems, filesystem_of, is_same
from shared.files.uris import file_path, file_uri


class SourceFilesystems:
    """The source itself, and the mount points below it. Methods raise JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext) -> None:
        self._spec = context.spec
        self._filesystems = context.stores.filesystems
        self._roots = context.stores.settings.image_roots

    def begin(self) -> None:
        """Note what was recorded before this load: encoders compare with that, too."""
        self._filesystems.begin(self._spec.id, self._spec.collection)

    def all_there(self, source: DirectorySource) -> bool:
        """Whether all that the last load of this source saw is still mounted."""
        recorded = self._filesystems.before(self._spec.id, self._spec.collection)
        known = RecordedFilesystems(recorded, self._roots)
        folders = {file_uri(source.path), *_at_or_below(source, recorded)}
        return all(known.is_there(f"{folder}/file") for folder in folders)

    def record(self, source: Source, found: Mapping[str, str]) -> None:
        """Record what a walk found, by the uris of directories. An empty one tells nothing.

        What was a mount point is forgotten once files are found to lie in the folder itself, or
        where the load may remove as much as it likes.
        """
        if source.kind != "directory" or is_empty(source):
            return
        recorded = self._filesystems.recorded(self._spec.collection)
        before = {uri: recorded[uri] for uri in _at_or_below(source, recorded) if uri not in found}
        stale = [
            uri
            for uri, filesystem in before.items()
            if self._spec.allow_mass_removal or _is_in_use(uri, filesystem)
        ]
        self._filesystems.record(self._spec, found, stale)


def _at_or_below(source: DirectorySource, recorded: Mapping[str, str]) -> list[str]:
    folder = file_uri(source.path)
    return [uri for uri in recorded if f"{uri}/".startswith(f"{folder}/")]


def _is_in_use(uri: str, filesystem: str) -> bool:
    """Whether files lie in a folder while another file system is not mounted on it."""
    folder = file_path(uri)
    try:
        return not is_same(filesystem_of(folder), filesystem) and any(folder.iterdir())
    except OSError:
        return False
