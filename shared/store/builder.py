"""Makes the Milvus collections of a collection, and what is missing of one that is half made."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from pymilvus import CollectionSchema, MilvusClient
from pymilvus.exceptions import MilvusException

from shared.domain.collection import IndexSpec
from shared.errors import Conflict, NotFound
from shared.store.client import LOAD_SECONDS, READ_SECONDS, WRITE_SECONDS, MilvusConnection
from shared.store.generations import partition_of, regions_of
from shared.store.indexes import vector_index
from shared.store.properties import to_milvus
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

    def complete(self, name: str, generation: str, spec: IndexSpec, *, regions: bool) -> None:
        """Create the missing partition and indexes, and load the collection.

        What its regions are in comes first: where the images have their index, it is all there.
        Raises NotFound where the collection was dropped meanwhile: its regions are, too.
        """
        if regions:
            self._complete_regions(name, generation, spec)
        partition = partition_of(generation)
        try:
            self._milvus.run(lambda client: _create_partition(client, name, partition), name)
        except NotFound as error:
            if regions and error.code == "collection_not_found":
                self.drop_regions(generation)
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

    def _complete_regions(self, name: str, generation: str, spec: IndexSpec) -> None:
        regions = regions_of(generation)
        with self._milvus.exclusive(regions):
            # Its name is that of no other: if it is there, another process has begun the same.
            with contextlib.suppress(Conflict):
                self._milvus.run(
                    lambda client: _create(client, regions, regions_schema(), {"regions_of": name})
                )
            if VECTOR not in self.indexes(regions):
                self._index(regions, vector_index(spec))
            self._load(regions)

    def drop_regions(self, generation: str) -> None:
        """Drop what a generation's regions are in, if it is there."""
        regions = regions_of(generation)

        def drop(client: MilvusClient) -> None:
            client.drop_collection(regions, timeout=WRITE_SECONDS)

        # Without them a call before this one was interrupted.
        with self._milvus.exclusive(regions), contextlib.suppress(NotFound):
            self._milvus.run(drop, regions)

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
