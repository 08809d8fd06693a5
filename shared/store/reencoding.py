"""The editions of a collection: another one made beside it, put in its place, dropped.

A collection's properties say which there are. Each step is one change of them, which Milvus makes
whole or not at all. Whoever changes them holds the collection's `EditionLock`.
"""

from collections.abc import Mapping

from pymilvus import MilvusClient

from shared.domain.collection import CollectionInfo, Edition, IndexSpec
from shared.domain.fingerprint import Pooling, fingerprint
from shared.errors import Conflict, NotFound
from shared.retry import Retriable, repeatable
from shared.store.builder import CollectionBuilder
from shared.store.client import WRITE_SECONDS, MilvusConnection
from shared.store.collections import Collections
from shared.store.generations import home_of
from shared.store.properties import read_edition, to_milvus


class Editions(Retriable):
    """Methods raise NotFound `collection_not_found`, `collection_replaced`, and Unavailable."""

    def __init__(self, milvus: MilvusConnection, collections: Collections) -> None:
        self._milvus = milvus
        self._collections = collections
        self._builder = CollectionBuilder(milvus)

    def wanted(
        self, info: CollectionInfo, pooling: Pooling | None, index: IndexSpec | None
    ) -> Edition:
        """The edition that a re-encoding is to make; None leaves what the collection has.

        Raises InvalidRequest `invalid_index`, `index_unavailable`, Conflict `nothing_to_reencode`,
        `reencoding_unfinished`, `reencoding_kept`, `collection_too_old`.
        """
        if not info.generation:
            raise Conflict(
                "collection_too_old",
                "An early version made this collection. Load its sources into a new one.",
            )
        pooling = pooling or info.pooling
        spec = self._collections.checked_index(index) if index else info.index
        made = Edition(fingerprint=fingerprint(info.weights, pooling), pooling=pooling, index=spec)
        if info.kept is not None:
            raise _kept(info.name)
        if info.next is not None and not _same(info.next, made):
            raise Conflict(
                "reencoding_unfinished",
                f"The collection is being encoded anew with {info.next.pooling} and "
                f"{info.next.index.type}. "
                f"DELETE /api/v2/collections/{info.name}/reencode gives that up.",
            )
        if info.next is None and (made.fingerprint, spec) == (info.fingerprint, info.index):
            raise Conflict(
                "nothing_to_reencode", "The collection has this pooling and this index already."
            )
        return made

    @repeatable
    def begin(self, name: str, generation: str | None, job: str, edition: Edition) -> Edition:
        """Make an edition beside a collection, or go on with the one that an earlier job began.

        From then on every write goes to both, but of those who read the properties before. Raises
        as `wanted`, and Conflict `reencoding_given_up` for what is searched already.
        """
        info = self._collections.get(name)
        info.require_generation(generation)
        self._finish_drop(info)
        if info.kept is not None:
            raise _kept(name)
        if info.next is not None and not _same(info.next, edition):
            raise Conflict("reencoding_unfinished", "Another re-encoding has begun meanwhile.")
        home = info.next.home if info.next else home_of(job)
        if home == info.home:
            # Nothing may drop the vectors that are searched as if they were beside themselves.
            raise Conflict("reencoding_given_up", "These vectors are searched already.")
        begun = edition.model_copy(update={"home": home, "job": job})
        for left in set(self._builder.editions_of(info.generation)) - {home, info.home}:
            if info.kept is None or left != info.kept.home:
                self._drop(info, left)
        # What is not there yet cannot be written to: it is named once it is.
        self._builder.create_edition(home, info.generation)
        self._builder.complete(
            home, info.generation, edition.index, regions=info.regions, edition=home
        )
        try:
            self._collections.identity(name).require_generation(info.generation)
            self._set(name, {"next": begun.model_dump_json()})
        except NotFound:
            # The collection was dropped meanwhile, perhaps before this edition could be found.
            self._drop(info, home)
            raise
        return begun

    @repeatable
    def swap(self, name: str, edition: Edition) -> None:
        """Search a finished edition from now on, and keep the one that was searched."""
        info = self._collections.get(name)
        if info.home == edition.home:
            if info.next is not None and info.next.home == info.home:
                self._set(name, {"next": ""})
            return
        if info.next is None or info.next.home != edition.home:
            raise Conflict("reencoding_given_up", "The re-encoding was given up.")
        before = Edition(
            home=info.home,
            fingerprint=info.fingerprint,
            pooling=info.pooling,
            index=info.index,
            job=edition.job,
        )
        self._set(
            name,
            {
                "home": edition.home,
                "fingerprint": edition.fingerprint,
                "pooling": edition.pooling,
                "index": edition.index.model_dump_json(),
                "next": "",
                "kept": before.model_dump_json(),
            },
        )

    @repeatable
    def drop(self, name: str) -> Edition | None:
        """Drop the edition beside the one that is searched; returns it, or None without one.

        That is the one before the last re-encoding, or the one that an unfinished one makes. A
        drop that was interrupted is finished by the next.
        """
        info = self._collections.get(name)
        interrupted = self._finish_drop(info)
        named = (info.next, info.kept)
        if not any(named):
            return interrupted
        dropped = next((each for each in named if each and each.home != info.home), None)
        if dropped is None:
            self._set(name, {"next": "", "kept": ""})
            return interrupted
        self._set(name, {"next": "", "kept": "", "dropped": dropped.model_dump_json()})
        self._finish_drop(self._collections.get(name))
        return dropped

    def _finish_drop(self, info: CollectionInfo) -> Edition | None:
        dropped = self._dropped(info.name)
        if dropped is None:
            return None
        self._drop(info, dropped.home)
        self._set(info.name, {"dropped": ""})
        return dropped

    def _drop(self, info: CollectionInfo, home: str) -> None:
        if home == info.home:
            return
        if info.regions:
            self._builder.drop_regions(home or info.generation)
        if home:
            self._builder.drop(home)
        else:
            self._builder.drop_rows(info.name, info.generation)

    def _dropped(self, name: str) -> Edition | None:
        properties = self._collections.properties(name)
        return read_edition(properties, "dropped")

    def _set(self, name: str, properties: Mapping[str, str]) -> None:
        def alter(client: MilvusClient) -> None:
            client.alter_collection_properties(
                name, properties=to_milvus(properties), timeout=WRITE_SECONDS
            )

        self._milvus.write(name, alter)


def _kept(name: str) -> Conflict:
    return Conflict(
        "reencoding_kept",
        "The vectors before the last re-encoding are still kept. "
        f"DELETE /api/v2/collections/{name}/reencode drops them.",
    )


def _same(one: Edition, other: Edition) -> bool:
    return (one.fingerprint, one.index) == (other.fingerprint, other.index)
