"""Leaving out files whose content the collection has already, for jobs that ask for it."""

from collections.abc import Sequence

from encoder_worker.chunks.pipeline import Decoded, Duplicates
from encoder_worker.chunks.reading import FileContent
from encoder_worker.chunks.stores import Stores
from shared.domain.job import JobSpec
from shared.errors import PictureError
from shared.files.paths import resolve_uri
from shared.retry import RetryPolicy
from shared.settings import Settings


def skip_duplicates(
    spec: JobSpec, stores: Stores, settings: Settings, retry: RetryPolicy
) -> Duplicates:
    """How `on_duplicate: skip` tells duplicates: one look-up of each kind for a portion."""

    def present(contents: Sequence[FileContent]) -> tuple[Sequence[FileContent], Sequence[str]]:
        hashes = [item.sha256 for item in contents]
        found = retry.run(lambda: stores.writer.find_by_hash(spec.collection, hashes))
        others = {sha256: set(ids) for sha256, ids in found.items()}
        if spec.sync and others:
            _forget_gone(others, spec, stores, settings, retry)
        # Its own row does not make a picture a duplicate, whatever else has the same content.
        left_out = [
            item.ref.id
            for item in contents
            if (ids := others.get(item.sha256)) and item.ref.id not in ids
        ]
        gone = set(left_out)
        return [item for item in contents if item.ref.id not in gone], left_out

    def taken(pictures: Sequence[Decoded]) -> tuple[Sequence[Decoded], Sequence[str]]:
        claims = [(item.content.sha256, item.content.ref.id) for item in pictures]
        owners = retry.run(lambda: stores.chunks.claim_contents(spec.collection, claims))
        won = [owner == image for owner, (_, image) in zip(owners, claims, strict=True)]
        kept = [item for item, mine in zip(pictures, won, strict=True) if mine]
        return kept, [image for mine, (_, image) in zip(won, claims, strict=True) if not mine]

    return Duplicates(present, taken)


def _forget_gone(
    others: dict[str, set[str]],
    spec: JobSpec,
    stores: Stores,
    settings: Settings,
    retry: RetryPolicy,
) -> None:
    """Leave out rows whose file is gone: a sync is about to remove them.

    A file that was moved would otherwise be its own old place's duplicate, and both be lost.
    """
    ids = [image for group in others.values() for image in group]
    rows = retry.run(lambda: stores.images.get_many(spec.collection, ids))
    gone = {image for image, row in rows.items() if not _exists(row.uri, spec, settings)}
    for group in others.values():
        group -= gone


def _exists(uri: str, spec: JobSpec, settings: Settings) -> bool:
    try:
        return resolve_uri(uri, spec.collection, settings).exists()
    except (PictureError, OSError):
        return False
