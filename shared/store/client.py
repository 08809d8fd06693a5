"""Connections to Milvus that outlive its restarts, and raise the errors of `shared.errors`.

A process opens one of each kind that it needs, and passes it to `Collections`, `Images`,
`ImageWriter` and `VectorSearch`.
"""

import asyncio
import logging
import math
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from pymilvus import AsyncMilvusClient, MilvusClient
from pymilvus.exceptions import MilvusException

from shared.errors import Unavailable
from shared.log import get_logger
from shared.settings import Settings
from shared.store.connecting import connect, connect_async, limited_retries, require_untried
from shared.store.errors import CALL_ERRORS, is_released, translate
from shared.store.expressions import in_
from shared.store.indexes import is_lite
from shared.store.lite_lock import CollectionLock
from shared.store.rows import Row

T = TypeVar("T")

_log = get_logger(__name__)
# It logs a traceback for each failed call, which is raised anyway.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

READ_SECONDS = 20.0
WRITE_SECONDS = 60.0
LOAD_SECONDS = 60.0
_DELETE_BATCH = 1000


def _delete(client: MilvusClient, collection: str, expression: str, partition: str) -> None:
    client.delete(collection, filter=expression, partition_name=partition, timeout=WRITE_SECONDS)


class MilvusConnection:
    """One channel to Milvus, opened at the first call; any number of threads may use it.

    Methods raise NotFound `collection_not_found` and Unavailable `milvus_unavailable`. On
    milvus-lite, a collection's writes and strong reads exclude each other.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: MilvusClient | None = None
        self._failed_at = -math.inf
        self._lite: bool | None = None
        self._collection_lock = CollectionLock(settings.data_dir / "locks")

    @property
    def lite(self) -> bool:
        """Whether this is milvus-lite and not a Milvus server."""
        if self._lite is None:
            self._lite = is_lite(self.version())
        return self._lite

    def version(self) -> str:
        """What Milvus says of its version: `v2.6.24`, or `milvus_lite` and its own."""
        found: str = self.run(lambda client: client.get_server_version(timeout=READ_SECONDS))
        return found

    def run(self, operation: Callable[[MilvusClient], T], collection: str | None = None) -> T:
        """Run an operation; if `collection` is not loaded, load it and run it once more."""
        try:
            client = self._connected()
            try:
                with limited_retries():
                    return operation(client)
            except MilvusException as error:
                if collection is None or not is_released(error):
                    raise
                _log.info("collection_reloaded", collection=collection)
                with limited_retries():
                    client.load_collection(collection, timeout=LOAD_SECONDS)
                    return operation(client)
        except CALL_ERRORS as error:
            raise translate(error, collection) from error

    def query(
        self,
        collection: str,
        expression: str,
        fields: Sequence[str],
        *,
        limit: int | None = None,
        strong: bool = False,
        ordered: bool = False,
    ) -> list[Row]:
        """The rows that match an expression; `ordered` by id if there is a limit.

        `strong` sees every write that has returned; otherwise the last seconds may be missing.
        """
        options: dict[str, Any] = {"timeout": READ_SECONDS}
        if limit is not None:
            options["limit"] = limit
        if strong:
            options["consistency_level"] = "Strong"
        if ordered:
            # pymilvus' QueryIterator sets this: without it milvus-lite does not sort by id. The
            # server always does.
            options["iterator"] = "True"
        with self._collection_lock.reading(collection) if self.lite else nullcontext():
            return list(
                self.run(
                    lambda client: client.query(
                        collection, filter=expression, output_fields=list(fields), **options
                    ),
                    collection,
                )
            )

    def count(self, collection: str, expression: str = "", *, strong: bool = True) -> int:
        """How many rows match; `strong` sees every write that has returned, and may wait."""

        def count(client: MilvusClient) -> int:
            rows = client.query(
                collection,
                filter=expression,
                output_fields=["count(*)"],
                consistency_level="Strong" if strong else "Bounded",
                timeout=READ_SECONDS,
            )
            return int(rows[0]["count(*)"])

        with self._collection_lock.reading(collection) if strong and self.lite else nullcontext():
            return self.run(count, collection)

    def describe(self, collection: str) -> dict[str, Any]:
        """Milvus's description of a collection."""
        described: dict[str, Any] = self.run(
            lambda client: client.describe_collection(collection, timeout=READ_SECONDS), collection
        )
        return described

    def upsert(self, collection: str, rows: Sequence[Row], partition: str) -> None:
        """Write rows, each of another id. Raises NotFound `collection_replaced`."""
        self.write(
            collection,
            lambda client: client.upsert(
                collection,
                list(rows),
                partition_name=partition,
                timeout=WRITE_SECONDS,
            ),
        )

    def delete(self, collection: str, ids: Sequence[str], partition: str) -> None:
        """Delete rows, in batches; an id without a row is no error. Raises as `upsert`."""
        delete = partial(_delete, collection=collection, partition=partition)
        for start in range(0, len(ids), _DELETE_BATCH):
            expression = in_("id", ids[start : start + _DELETE_BATCH])
            self.write(collection, partial(delete, expression=expression))

    def write(self, collection: str, operation: Callable[[MilvusClient], Any]) -> None:
        """Run an operation that changes a collection."""
        with self.exclusive(collection):
            self.run(operation, collection)

    def exclusive(self, collection: str) -> AbstractContextManager[None]:
        """Exclude other processes from a collection on milvus-lite; a server needs no lock."""
        return self._collection_lock.writing(collection) if self.lite else nullcontext()

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connected(self) -> MilvusClient:
        asked = time.monotonic()
        with self._lock:
            if self._client is None:
                require_untried(self._failed_at, asked)
                try:
                    self._client = connect(self._settings)
                except Unavailable:
                    self._failed_at = time.monotonic()
                    raise
            return self._client


class AsyncMilvusConnection:
    """As `MilvusConnection`, for one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AsyncMilvusClient | None = None
        self._failed_at = -math.inf
        self._connecting = asyncio.Lock()
        self._lite = False
        self._collection_lock = CollectionLock(settings.data_dir / "locks")

    async def run(
        self, operation: Callable[[AsyncMilvusClient], Awaitable[T]], collection: str
    ) -> T:
        """Run an operation; if `collection` is not loaded, load it and run it once more."""
        try:
            client = await self._connected()
            try:
                with limited_retries():
                    return await operation(client)
            except MilvusException as error:
                if not is_released(error):
                    raise
                with limited_retries():
                    await client.load_collection(collection, timeout=LOAD_SECONDS)
                    return await operation(client)
        except CALL_ERRORS as error:
            raise translate(error, collection) from error

    @asynccontextmanager
    async def reading(self, collection: str) -> AsyncIterator[None]:
        """Exclude writers from a collection on milvus-lite; a server needs no lock."""
        await self._connected()
        lock = self._collection_lock.reading_async(collection) if self._lite else nullcontext()
        async with lock:
            yield

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _connected(self) -> AsyncMilvusClient:
        asked = time.monotonic()
        async with self._connecting:
            if self._client is None:
                require_untried(self._failed_at, asked)
                try:
                    self._client, version = await connect_async(self._settings, READ_SECONDS)
                except Unavailable:
                    self._failed_at = time.monotonic()
                    raise
                self._lite = is_lite(version)
            return self._client
