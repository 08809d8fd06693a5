"""Whose an export is: that of a collection that was renamed goes by its present name."""

from collections.abc import Mapping
from functools import cached_property

from shared.domain.export import ExportManifest
from shared.errors import NotFound
from shared.store import Collections


class ExportOwners:
    """Tells whose an export is, for one collection. Raises Unavailable."""

    def __init__(self, collections: Collections, collection: str) -> None:
        self._collections = collections
        self._collection = collection

    def has(self, manifest: ExportManifest) -> bool:
        """Whether an export is this collection's."""
        return self._is_same(manifest) or (
            manifest.collection == self._collection and manifest.generation not in self._living
        )

    def name_of(self, manifest: ExportManifest) -> str:
        """The present name of the collection of an export; the one it had if it is gone."""
        if self._is_same(manifest):
            return self._collection
        return self._living.get(manifest.generation, manifest.collection)

    @cached_property
    def generation(self) -> str | None:
        """The generation of this collection; None where it is gone."""
        return self._generation_of(self._collection)

    @cached_property
    def _living(self) -> Mapping[str, str]:
        """The names of all collections that there are, by their generations."""
        names = self._collections.names()
        found = ((self._generation_of(name), name) for name in names)
        return {generation: name for generation, name in found if generation}

    def _is_same(self, manifest: ExportManifest) -> bool:
        # One that a version without generations created has "", as any other of these has.
        return bool(self.generation) and manifest.generation == self.generation

    def _generation_of(self, name: str) -> str | None:
        try:
            return self._collections.identity(name).generation
        except NotFound:
            return None
