"""What changed in watched sources and is not loaded yet."""

import os
from collections.abc import Collection, Iterable

from indexer.recovery.watched_folders import concerned_folder
from shared.domain.job import DirectorySource

#: Paths that are kept for a source; where more have changed, all of it is loaded.
MAX_PATHS = 10_000
#: Paths that are few.
FEW_PATHS = 64


class PendingChanges:
    """Changed paths by the ids of their sources. They outlive the watch that told of them."""

    def __init__(self) -> None:
        self._paths: dict[str, set[str]] = {}
        #: Sources that are to be loaded whole, as nobody knows what changed in them.
        self._whole: set[str] = set()

    def keep_only(self, ids: Collection[str]) -> None:
        """Forget the changes of all sources but these."""
        self._paths = {name: paths for name, paths in self._paths.items() if name in ids}
        self._whole &= set(ids)

    def add(self, source_id: str, paths: Iterable[str]) -> None:
        """Add paths that changed, in this source or in others."""
        if source_id in self._whole:
            return
        pending = self._paths.setdefault(source_id, set())
        pending.update(paths)
        if len(pending) > MAX_PATHS:
            self.add_whole([source_id])

    def add_whole(self, ids: Iterable[str]) -> None:
        """Say that anything may have changed in these sources."""
        for source_id in ids:
            self._paths.pop(source_id, None)
            self._whole.add(source_id)

    def folder(self, source_id: str, directory: DirectorySource) -> str | None:
        """The folder that is to be loaded; None where nothing is, and the changes are settled."""
        if source_id in self._whole:
            return directory.path
        folder = concerned_folder(directory, self._paths.get(source_id, ()))
        if folder is None:
            self.settle(source_id)
        return folder

    def are_few(self, source_id: str) -> bool:
        """Whether no more than a few files are known to have changed."""
        paths = self._paths.get(source_id, set())
        return 0 < len(paths) <= FEW_PATHS and not any(map(os.path.isdir, paths))

    def settle(self, source_id: str) -> None:
        """Forget the changes of a source: a load of them was started."""
        self._paths.pop(source_id, None)
        self._whole.discard(source_id)
