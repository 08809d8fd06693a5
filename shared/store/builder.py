"""Makes the Milvus collections of a collection, and what is missing of one that is half made."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from pymilvus import CollectionSchema, MilvusClient
from pymilvus.exceptions import MilvusException

from shared.domain.collection import IndexSpec
from shared.errors import Conflict, NotFound
from shared.store.client import LOAD_SECONDS, READ_SECONDS, WRITE_SECONDS, MilvusConnection
from shared.store.generations import is_home, partition_of, regions_of
from shared.store.indexes import vector_index
from shared.store.properties import (
    EDITION_OF,
    read_edition,
    read_identity,
    read_properties,
    to_milvus,
)
from shared.store.schema import (
    SCALAR_INDEXES,
    VECTOR,
    collection_schema,
    regions_schema,
    scalar_index,
)


class CollectionBuilder:
    """Any number of processes may build the same collection at once."""

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    def create(self, name: str, properties: Mapping[str, str]) -> None:
        """Create it without anything in it. Raises Conflict `collection_exists`."""
        self._milvus.run(lambda client: _create(client, name, collection_schema(), properties))

    def create_edition(self, name: str, generation: str) -> None:
        """Create what another edition of a collection is to be in; no error if it is there."""
        with contextlib.suppress(Conflict):
            self.create(name, {"edition_of": generation})

    def complete(
        self, name: str, generation: str, spec: IndexSpec, *, regions: bool, edition: str = ""
    ) -> None:
        """Create the missing partition and indexes, and load the Milvus collection.

        What its regions are in comes first: where the images have their index, it is all there.
        `edition` is what names the regions, if it is not the generation. Raises NotFound where the
        collection was dropped meanwhile: its regions are, too.
        """
        edition = edition or generation
        if regions:
            self._complete_regions(name, edition, spec)
        partition = partition_of(generation)
        try:
            self._milvus.run(lambda client: _create_partition(client, name, partition), name)
        except NotFound as error:
            if regions and error.code == "collection_not_found":
                self.drop_regions(edition)
            raise
        present = self.indexes(name)
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
        self._load(name)

    def indexes(self, name: str) -> Sequence[str]:
        """The names of a Milvus collection's indexes."""
        found: Sequence[str] = self._milvus.run(
            lambda client: client.list_indexes(name, timeout=READ_SECONDS), name
        )
        return found

    def _complete_regions(self, name: str, edition: str, spec: IndexSpec) -> None:
        regions = regions_of(edition)
        with self._milvus.exclusive(regions):
            # Its name is that of no other: if it is there, another process has begun the same.
            with contextlib.suppress(Conflict):
                self._milvus.run(
                    lambda client: _create(client, regions, regions_schema(), {"regions_of": name})
                )
            if VECTOR not in self.indexes(regions):
                self._index(regions, vector_index(spec))
            self._load(regions)

    def drop_regions(self, edition: str) -> None:
        """Drop what an edition's regions are in, if it is there."""
        self.drop(regions_of(edition))

    def drop(self, name: str) -> None:
        """Drop a Milvus collection, if it is there."""

        def drop(client: MilvusClient) -> None:
            client.drop_collection(name, timeout=WRITE_SECONDS)

        # Without it a call before this one was interrupted.
        with self._milvus.exclusive(name), contextlib.suppress(NotFound):
            self._milvus.run(drop, name)

    def drop_others(self, name: str) -> None:
        """Drop all that there is of a collection beside the Milvus collection of its name."""
        described = self._milvus.describe(name)
        identity, properties = read_identity(name, described), read_properties(name, described)
        named = [read_edition(properties, key) for key in ("next", "kept", "dropped")]
        homes = {identity.home, *(edition.home for edition in named if edition)}
        homes |= set(self.editions_of(identity.generation))
        for home in sorted(homes - {""}):
            self.drop(home)
        if identity.regions:
            for edition in {identity.generation, *(homes - {""})}:
                self.drop_regions(edition)

    def editions_of(self, generation: str) -> list[str]:
        """The Milvus collections that re-encodings of a collection have begun, by what they say."""
        if not generation:
            return []
        found = self._milvus.run(lambda client: client.list_collections(timeout=READ_SECONDS))
        return [name for name in found if is_home(name) and self._is_of(name, generation)]

    def _is_of(self, edition: str, generation: str) -> bool:
        try:
            described = self._milvus.describe(edition)
        except NotFound:
            return False  # Dropped since its name was read.
        return bool(described["properties"].get(EDITION_OF) == generation)

    def drop_rows(self, name: str, generation: str) -> None:
        """Drop the rows in a Milvus collection, and leave it to hold what a collection is."""
        partition = partition_of(generation)

        def drop(client: MilvusClient) -> None:
            if client.has_partition(name, partition, timeout=READ_SECONDS):
                # A server drops no partition that is loaded.
                client.release_collection(name, timeout=WRITE_SECONDS)
                client.drop_partition(name, partition, timeout=WRITE_SECONDS)

        with self._milvus.exclusive(name):
            self._milvus.run(drop)

    def _load(self, name: str) -> None:
        self._milvus.run(lambda client: client.load_collection(name, timeout=LOAD_SECONDS), name)

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


def exists_error(name: str) -> Conflict:
    """That the name of a collection is taken."""
    return Conflict("collection_exists", f"There is a collection {name!r} in Milvus already.")


def _create(
    client: MilvusClient, name: str, schema: CollectionSchema, properties: Mapping[str, str]
) -> None:
    if client.has_collection(name, timeout=READ_SECONDS):
        raise exists_error(name)
    try:
        client.create_collection(
            name,
            schema=schema,
            properties=to_milvus(properties),
            consistency_level="Bounded",
            timeout=WRITE_SECONDS,
        )
    except MilvusException:
        if client.has_collection(name, timeout=READ_SECONDS):
            raise exists_error(name) from None
        raise


def _create_partition(client: MilvusClient, name: str, partition: str) -> None:
    """Create a partition; no error if it is there."""
    try:
        if not client.has_partition(name, partition, timeout=READ_SECONDS):
            client.create_partition(name, partition, timeout=WRITE_SECONDS)
    except MilvusException:
        if not client.has_partition(name, partition, timeout=READ_SECONDS):
            raise
