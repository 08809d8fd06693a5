"""Gives collections other names and descriptions. Nothing is copied."""

from pathlib import Path

from shared.domain.renaming import Renaming, collection_busy
from shared.errors import Conflict, NotFound, storage_error
from shared.ledger import Jobs, Renamings
from shared.log import get_logger
from shared.settings import Settings
from shared.store import Collections

_log = get_logger(__name__)


class RenamingService:
    """Milvus, the uploads and the ledger have a collection's name; each is renamed in turn.

    It is noted before: from then on no job of either name begins, and if this process is killed in
    it, another one finishes it. Rows and their vectors stay where they are, as the collection's
    generation does, by which loads and searches tell it from others.
    """

    def __init__(
        self, settings: Settings, collections: Collections, jobs: Jobs, renamings: Renamings
    ) -> None:
        self._settings = settings
        self._collections = collections
        self._jobs = jobs
        self._renamings = renamings

    def rename(self, name: str, new: str, *, keep_alias: bool) -> None:
        """Rename a collection; with `keep_alias` its old name goes on naming it.

        Raises NotFound `collection_not_found`; Conflict `collection_exists`, or `collection_busy`
        while it has unfinished jobs; Unavailable, StorageFull.
        """
        target = self._collections.identity(name)
        if new == name:
            return
        renaming = self._renamings.begin(target, new, keep_alias=keep_alias)
        self._finish(renaming)

    def describe(self, name: str, description: str) -> None:
        """Replace a description. Raises NotFound `collection_not_found`, Unavailable."""
        self._collections.describe(name, description)

    def finish_interrupted(self) -> None:
        """Finish what other gateways began and did not end. Raises Unavailable."""
        for renaming in self._renamings.take_interrupted():
            try:
                self._finish(renaming)
            except (Conflict, NotFound) as error:
                _log.warning("renaming_withdrawn", collection=renaming.old, reason=error.detail)

    def _finish(self, renaming: Renaming) -> None:
        """May be repeated: whatever is renamed already stays so."""
        old, new = renaming.old, renaming.new
        try:
            self._require_free(renaming)
            self._collections.rename(old, new, renaming.generation)
        except (Conflict, NotFound):
            self._renamings.withdraw(renaming)
            raise
        self._move_uploads(old, new)
        self._renamings.end(renaming)
        _log.info("collection_renamed", collection=old, name=new, alias=renaming.keep_alias)

    def _require_free(self, renaming: Renaming) -> None:
        # Those that are begun before the renaming was noted; later ones are refused.
        if any(not job.finished for job in self._jobs.active_in(renaming.old)):
            why = f"The collection {renaming.old!r} has unfinished jobs: wait, or cancel them."
            raise collection_busy(why)
        before, after = (self._uploads(name) for name in (renaming.old, renaming.new))
        if before.is_dir() and after.is_dir():
            raise Conflict(
                "collection_exists",
                f"There are uploads of another collection {renaming.new!r}; take another name.",
            )

    def _move_uploads(self, old: str, new: str) -> None:
        before = self._uploads(old)
        try:
            if before.is_dir():
                before.rename(self._uploads(new))
        except OSError as error:
            raise storage_error(error) from error

    def _uploads(self, name: str) -> Path:
        return self._settings.uploads_dir / name
