"""Skipping files whose content the collection has already, for `on_duplicate: skip`."""

from collections.abc import Sequence
from typing import Protocol

from encoder_worker.chunks.reading import FileContent
from encoder_worker.chunks.result import Decoded
from encoder_worker.chunks.stores import Stores
from shared.domain.job import JobSpec
from shared.errors import PictureError
from shared.files.paths import resolve_uri
from shared.settings import Settings


class Duplicates(Protocol):
    """Both methods split their argument into what goes on and the ids of what is left out."""

    def drop_indexed(
        self, contents: Sequence[FileContent]
    ) -> tuple[Sequence[FileContent], Sequence[str]]:
        """Leave out contents that the collection has under another id."""
        ...

    def drop_claimed(self, pictures: Sequence[Decoded]) -> tuple[Sequence[Decoded], Sequence[str]]:
        """Leave out contents that another file of the same load has claimed."""
        ...


class NoDuplicateFilter:
    """Leaves out nothing: `on_duplicate: keep`."""

    def drop_indexed(
        self, contents: Sequence[FileContent]
    ) -> tuple[Sequence[FileContent], Sequence[str]]:
        return contents, ()

    def drop_claimed(self, pictures: Sequence[Decoded]) -> tuple[Sequence[Decoded], Sequence[str]]:
        return pictures, ()


class DuplicateFilter:
    """`on_duplicate: skip`: one look-up of each kind for a batch."""

    def __init__(self, spec: JobSpec, stores: Stores, settings: Settings) -> None:
        self._spec = spec
        self._stores = stores
        self._settings = settings

    def drop_indexed(
        self, contents: Sequence[FileContent]
    ) -> tuple[Sequence[FileContent], Sequence[str]]:
        collection, hashes = self._spec.collection, [item.sha256 for item in contents]
        found = self._stores.writer.find_by_hash(collection, hashes)
        others = {sha256: set(ids) for sha256, ids in found.items()}
        if self._spec.sync and others:
            self._remove_missing(others)
        # A picture whose own row has this content is no duplicate.
        left_out = [
            item.ref.id
            for item in contents
            if (ids := others.get(item.sha256)) and item.ref.id not in ids
        ]
        gone = set(left_out)
        return [item for item in contents if item.ref.id not in gone], left_out

    def drop_claimed(self, pictures: Sequence[Decoded]) -> tuple[Sequence[Decoded], Sequence[str]]:
        collection = self._spec.collection
        claims = [(item.content.sha256, item.content.ref.id) for item in pictures]
        owners = self._stores.content_claims.claim(collection, claims)
        won = [owner == image for owner, (_, image) in zip(owners, claims, strict=True)]
        kept = [item for item, mine in zip(pictures, won, strict=True) if mine]
        return kept, [image for mine, (_, image) in zip(won, claims, strict=True) if not mine]

    def _remove_missing(self, others: dict[str, set[str]]) -> None:
        """Remove from `others` the rows whose file is missing, which the sync will delete.

        Otherwise a file that was moved would be a duplicate of its old row, and both be lost.
        """
        collection, ids = self._spec.collection, [i for group in others.values() for i in group]
        rows = self._stores.images.get_many(collection, ids)
        gone = {image for image, row in rows.items() if not self._exists(row.uri)}
        for group in others.values():
            group -= gone

    def _exists(self, uri: str) -> bool:
        try:
            return resolve_uri(uri, self._spec.collection, self._settings).exists()
        except (PictureError, OSError):
            return False
