"""Collections: created with their encoder's fingerprint, listed, counted, dropped."""

import time
from collections.abc import Sequence
from typing import Any, Literal

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from shared.domain.collection import CollectionIdentity, CollectionInfo, IndexSpec
from shared.domain.fingerprint import Pooling, fingerprint
from shared.errors import Conflict, NotFound
from shared.retry import Retriable, repeatable
from shared.settings import Settings
from shared.store.client import LOAD_SECONDS, READ_SECONDS, WRITE_SECONDS, MilvusConnection
from shared.store.generations import new_generation, partition_of
from shared.store.properties import read_identity, read_properties, to_milvus
from shared.store.schema import (
    SCALAR_INDEXES,
    VECTOR,
    collection_schema,
    complete_index,
    scalar_index,
    vector_index,
)

_STATES: dict[str, Literal["loaded", "loading", "not_loaded"]] = {
    "Loaded": "loaded",
    "Loading": "loading",
}


class Collections(Retriable):
    """The collections that Lookalike created; others in the same Milvus are left alone.

    Methods raise NotFound `collection_not_found` and Unavailable `milvus_unavailable`.
    """

    def __init__(self, milvus: MilvusConnection, settings: Settings) -> None:
        self._milvus = milvus
        self._settings = settings

    def create(
        self,
        name: str,
        *,
        description: str = "",
        weights: str,
        pooling: Pooling,
        index: IndexSpec | None = None,
    ) -> CollectionInfo:
        """Create a collection for the vectors of `weights` under `pooling`, and load it.

        Raises Conflict `collection_exists`, InvalidRequest `invalid_index`.
        """
        default = IndexSpec(type=self._settings.index_type, params=self._settings.index_params)
        spec = complete_index(index or default)
        properties = {
            "fingerprint": fingerprint(weights, pooling),
            "weights": weights,
            "pooling": pooling,
            "description": description,
            "created_at": repr(time.time()),
            "index": spec.model_dump_json(),
            "generation": new_generation(),
        }
        with self._milvus.exclusive(name):
            self._milvus.run(lambda client: _create(client, name, properties))
            if self._properties(name) != properties:
                raise _exists(name)  # Another process created it at the same time.
            self._complete(name, properties["generation"], spec)
        return self.get(name)

    def ensure(self, name: str, *, weights: str, pooling: Pooling) -> CollectionInfo:
        """The collection, created with the defaults if there is none.

        Processes that call this at the same time get the same collection. Raises Conflict
        `collection_exists` if the name belongs to a collection that Lookalike did not create.
        """
        try:
            info = self.get(name)
        except NotFound:
            try:
                return self.create(name, weights=weights, pooling=pooling)
            except Conflict as conflict:
                try:
                    info = self.get(name)
                except NotFound:
                    raise conflict from None
        if info.state == "not_loaded" or VECTOR not in self._indexes(name):
            # The process that created it may have died before it was complete.
            self._complete(name, info.generation, info.index)
            info = self.get(name)
        return info

    @repeatable
    def identity(self, name: str) -> CollectionIdentity:
        """What a collection's vectors are: one call, where `get` makes three and counts."""
        return read_identity(name, self._milvus.describe(name))

    def get(self, name: str) -> CollectionInfo:
        """A collection. Its count may miss the writes of the last seconds."""
        properties = self._properties(name)
        state = self._state(name)
        return CollectionInfo(
            name=name,
            generation=properties.get("generation", ""),
            fingerprint=properties["fingerprint"],
            weights=properties["weights"],
            pooling=properties["pooling"],
            description=properties["description"],
            created_at=float(properties["created_at"]),
            index=IndexSpec.model_validate_json(properties["index"]),
            count=self._milvus.count(name, strong=False)
            if state == "loaded"
            else self._estimate(name),
            state=state,
        )

    def names(self) -> list[str]:
        """The names of all collections, sorted."""
        found = self._milvus.run(lambda client: client.list_collections(timeout=READ_SECONDS))
        return sorted(name for name in found if self._is_ours(name))

    def list(self) -> list[CollectionInfo]:
        """All collections, by name."""
        found = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except NotFound:
                continue  # Dropped since its name was read.
        return found

    @repeatable
    def count(self, name: str) -> int:
        """How many images a collection has, exactly."""
        self._properties(name)
        return self._milvus.count(name)

    def drop(self, name: str, generation: str | None = None) -> None:
        """Delete a collection with all its images.

        With a `generation`, one that has another or is gone already is left as it is.
        """
        with self._milvus.exclusive(name):
            try:
                current = self.identity(name).generation
            except NotFound:
                if generation is None:
                    raise
                return
            if generation in (None, current):
                self._milvus.run(
                    lambda client: client.drop_collection(name, timeout=WRITE_SECONDS), name
                )

    def flush(self, name: str) -> None:
        """Make the rows written so far quick to search. Nothing is lost without it."""
        self._milvus.write(name, lambda client: client.flush(name, timeout=WRITE_SECONDS))

    def _properties(self, name: str) -> dict[str, Any]:
        return read_properties(name, self._milvus.describe(name))

    def _is_ours(self, name: str) -> bool:
        try:
            self._properties(name)
        except NotFound:
            return False
        return True

    def _state(self, name: str) -> Literal["loaded", "loading", "not_loaded"]:
        reply = self._milvus.run(
            lambda client: client.get_load_state(name, timeout=READ_SECONDS), name
        )
        return _STATES.get(reply["state"].name, "not_loaded")

    def _estimate(self, name: str) -> int:
        """The rows of a collection that is not loaded, deleted and overwritten ones included."""
        stats = self._milvus.run(
            lambda client: client.get_collection_stats(name, timeout=READ_SECONDS), name
        )
        return int(stats["row_count"])

    def _complete(self, name: str, generation: str, spec: IndexSpec) -> None:
        """Create the missing partition and indexes, and load the collection."""
        partition = partition_of(generation)
        self._milvus.run(lambda client: _create_partition(client, name, partition), name)
        present = self._indexes(name)
        if VECTOR not in present:
            self._index(name, vector_index(spec))
        # milvus-lite answers from its columns, and its scalar indexes take a dictionary's memory.
        for field, before_inverted in {} if self._milvus.lite else SCALAR_INDEXES.items():
            if field in present:
                continue
            try:
                self._index(name, scalar_index(field, "INVERTED"))
            except MilvusException:
                self._index(name, scalar_index(field, before_inverted))
        self._milvus.run(lambda client: client.load_collection(name, timeout=LOAD_SECONDS), name)

    def _indexes(self, name: str) -> Sequence[str]:
        found: Sequence[str] = self._milvus.run(
            lambda client: client.list_indexes(name, timeout=READ_SECONDS), name
        )
        return found

    def _index(self, name: str, params: Any) -> None:
        def create(client: MilvusClient) -> None:
            try:
                client.create_index(name, params, timeout=WRITE_SECONDS)
            except MilvusException:
                # No error if another process created it in the meantime.
                made = client.list_indexes(name, timeout=READ_SECONDS)
                if next(iter(params)).field_name not in made:
                    raise

        self._milvus.run(create, name)


def _create(client: MilvusClient, name: str, properties: dict[str, str]) -> None:
    if client.has_collection(name, timeout=READ_SECONDS):
        raise _exists(name)
    try:
        client.create_collection(
            name,
            schema=collection_schema(),
            properties=to_milvus(properties),
            consistency_level="Bounded",
            timeout=WRITE_SECONDS,
        )
    except MilvusException:
        if client.has_collection(name, timeout=READ_SECONDS):
            raise _exists(name) from None
        raise


def _create_partition(client: MilvusClient, name: str, partition: str) -> None:
    """Create a partition; no error if it is there."""
    try:
        if not client.has_partition(name, partition, timeout=READ_SECONDS):
            client.create_partition(name, partition, timeout=WRITE_SECONDS)
    except MilvusException:
        if not client.has_partition(name, partition, timeout=READ_SECONDS):
            raise


def _exists(name: str) -> Conflict:
    return Conflict("collection_exists", f"There is a collection {name!r} in Milvus already.")
