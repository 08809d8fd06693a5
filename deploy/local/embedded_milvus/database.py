"""A database of milvus-lite that opens each collection once, however many calls ask for it."""

import logging
import threading
from typing import Any

from milvus_lite.db import DEFAULT_DATABASE_NAME, MilvusLite

_log = logging.getLogger(__name__)


class LockedDatabase(MilvusLite):
    """As `MilvusLite`, whose calls that come together each open the collection for themselves.

    The last one then stays, with a log of its own that takes the place of the others', and what was
    written to those is lost.
    """

    def __init__(self, data_dir: str) -> None:
        self._opening = threading.RLock()
        super().__init__(data_dir)

    def get_collection(self, name: str, database_name: str = DEFAULT_DATABASE_NAME) -> Any:
        opened = self._collections.get((database_name, name))
        if opened is not None and not self._closed:
            return opened
        with self._opening:
            return super().get_collection(name, database_name)

    def create_collection(self, *arguments: Any, **named: Any) -> Any:
        with self._opening:
            return super().create_collection(*arguments, **named)

    def drop_collection(self, *arguments: Any, **named: Any) -> None:
        with self._opening:
            super().drop_collection(*arguments, **named)

    def rename_collection(self, *arguments: Any, **named: Any) -> None:
        with self._opening:
            super().rename_collection(*arguments, **named)

    def open_all(self) -> None:
        """Open and load every collection, so that the first call after a start need not wait."""
        for name in self.list_collections():
            try:
                self.get_collection(name).load()
            except Exception:  # noqa: BLE001 - the call that wants it is told
                _log.exception("collection_not_opened name=%s", name)
