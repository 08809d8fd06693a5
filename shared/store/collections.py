"""Collections: created with their encoder's fingerprint, listed, counted, dropped."""

import time
from functools import partial
from typing import Any, Literal

from pymilvus import MilvusClient

from shared.domain.collection import CollectionIdentity, CollectionInfo, IndexSpec
from shared.domain.fingerprint import Pooling, fingerprint
from shared.domain.regions import LAYOUT
from shared.errors import Conflict, NotFound
from shared.retry import Retriable, repeatable
from shared.settings import Settings
from shared.store.builder import CollectionBuilder, exists_error
from shared.store.client import READ_SECONDS, WRITE_SECONDS, MilvusConnection
from shared.store.generations import new_generation, regions_of
from shared.store.indexes import complete_index, require_index
from shared.store.properties import read_edition, read_identity, read_properties, to_milvus
from shared.store.schema import VECTOR

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
        self._builder = CollectionBuilder(milvus)

    def create(
        self,
        name: str,
        *,
        description: str = "",
        weights: str,
        pooling: Pooling,
        index: IndexSpec | None = None,
        regions: bool = False,
    ) -> CollectionInfo:
        """Create a collection for the vectors of `weights` under `pooling`, and load it.

        With `regions` it has vectors of the parts of its pictures, too. Raises Conflict
        `collection_exists`, InvalidRequest as `checked_index`.
        """
        spec = self.checked_index(index)
        properties = {
            "fingerprint": fingerprint(weights, pooling),
            "weights": weights,
            "pooling": pooling,
            "description": description,
            "created_at": repr(time.time()),
            "index": spec.model_dump_json(),
            "generation": new_generation(),
        }
        if regions:
            properties["regions"] = LAYOUT
        with self._milvus.exclusive(name):
            self._builder.create(name, properties)
            if self.properties(name) != properties:
                raise exists_error(name)  # Another process created it at the same time.
            self._builder.complete(name, properties["generation"], spec, regions=regions)
        return self.get(name)

    def checked_index(self, index: IndexSpec | None = None) -> IndexSpec:
        """An index for new vectors, by default that of the settings, with all its parameters.

        Raises InvalidRequest `invalid_index`, and `index_unavailable` if Milvus has none of it.
        """
        default = IndexSpec(type=self._settings.index_type, params=self._settings.index_params)
        spec = complete_index(index or default)
        require_index(spec, self._milvus.version())
        return spec

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
        if info.state == "not_loaded" or VECTOR not in self._builder.indexes(info.rows):
            # The process that created it may have died before it was complete.
            self._builder.complete(
                info.rows, info.generation, info.index, regions=info.regions, edition=info.edition
            )
            info = self.get(name)
        return info

    @repeatable
    def identity(self, name: str) -> CollectionIdentity:
        """What a collection's vectors are: one call, where `get` makes three and counts."""
        return read_identity(name, self._milvus.describe(name))

    def get(self, name: str) -> CollectionInfo:
        """A collection. Its count may miss the writes of the last seconds."""
        described = self._milvus.describe(name)
        properties, identity = read_properties(name, described), read_identity(name, described)
        state = self._state(identity.rows)
        index = IndexSpec.model_validate_json(properties["index"])
        return CollectionInfo(
            **{**dict(identity), "index": index},
            description=properties["description"],
            created_at=float(properties["created_at"]),
            kept=read_edition(properties, "kept"),
            count=self._milvus.count(identity.rows, strong=False)
            if state == "loaded"
            else self._estimate(identity.rows),
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
        return self._milvus.count(self.identity(name).rows)

    def drop(self, name: str, generation: str | None = None) -> None:
        """Delete a collection with all its images.

        With a `generation`, one that has another or is gone already is left as it is.
        """
        with self._milvus.exclusive(name):
            try:
                current = self.identity(name)
            except NotFound:
                if generation is None:
                    raise
                return
            if generation in (None, current.generation):
                # First: a call that is repeated finds them by the collection.
                self._builder.drop_others(name)
                self._drop(name)

    def rename(self, name: str, new: str, generation: str) -> None:
        """Give the collection of a generation another name; nothing of it is copied or changed.

        No error if it has that name. Raises Conflict `collection_exists`.
        """

        def rename(client: MilvusClient) -> None:
            if client.has_collection(new, timeout=READ_SECONDS):
                raise exists_error(new)
            client.rename_collection(name, new, timeout=WRITE_SECONDS)

        first, second = sorted((name, new))
        with self._milvus.exclusive(first), self._milvus.exclusive(second):
            try:
                self.identity(name).require_generation(generation)
            except NotFound:
                if self.identity(new).generation != generation:
                    raise
                return
            self._milvus.run(rename, name)

    def describe(self, name: str, description: str) -> None:
        """Replace a collection's description."""
        self.properties(name)
        properties = to_milvus({"description": description})
        self._milvus.write(
            name,
            lambda client: client.alter_collection_properties(
                name, properties, timeout=WRITE_SECONDS
            ),
        )

    def flush(self, name: str) -> None:
        """Make the rows written so far quick to search. Nothing is lost without it."""
        identity = self.identity(name)
        written = [identity.rows]
        if identity.regions:
            written.append(regions_of(identity.edition))
        for each in written:
            flush = partial(MilvusClient.flush, collection_name=each, timeout=WRITE_SECONDS)
            self._milvus.write(each, flush)

    def _drop(self, name: str) -> None:
        self._milvus.run(lambda client: client.drop_collection(name, timeout=WRITE_SECONDS), name)

    def properties(self, name: str) -> dict[str, Any]:
        """What is stored with a collection, by name."""
        return read_properties(name, self._milvus.describe(name))

    def _is_ours(self, name: str) -> bool:
        try:
            self.properties(name)
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
