"""Which listing a job's source is read by."""

from collections.abc import Generator, Iterable, Sequence

from indexer.scan.context import ScanContext
from indexer.sources import Batch, Listing, Synced
from indexer.sources.address_lists import read_addresses
from indexer.sources.archive import ArchiveListing
from indexer.sources.bucket import BucketListing
from indexer.sources.directory_listing import DirectoryListing
from indexer.sources.fetching import FetchListing, Known, PictureKeeper, fetch_all
from indexer.sources.job_files import JobFiles


def synced_listing(context: ScanContext) -> Synced | None:
    """The listing of a source that `sync` has a meaning for; None of what is listed by a caller."""
    source, stores = context.spec.source, context.stores
    if source.kind == "directory":
        return DirectoryListing(source, stores.settings.image_roots)
    if source.kind == "archive":
        return ArchiveListing(source, stores.files)
    if source.kind == "bucket":
        return BucketListing(source, stores.files)
    return None


def open_listing(context: ScanContext) -> Listing:
    """The listing of a job's source."""
    synced = synced_listing(context)
    if synced is not None:
        return synced
    source, stores = context.spec.source, context.stores

    def fetch(addresses: Iterable[str]) -> Generator[Batch, None, None]:
        return _fetch(context, addresses)

    if source.kind == "urls" and source.path is not None:
        return FetchListing(read_addresses(source.path, source.column, stores.settings), fetch)
    return JobFiles(context.spec, stores.scans, stores.files, fetch)


def _fetch(context: ScanContext, addresses: Iterable[str]) -> Generator[Batch, None, None]:
    """The pictures at some addresses, fetched for a job. Raises NotFound and as `fetch_all`."""
    spec, stores = context.spec, context.stores
    target = stores.collections.identity(spec.collection)

    def stored(ids: Sequence[str]) -> set[str]:
        return set(stores.images.file_versions(spec.collection, ids, strong=False))

    def accounted(ids: Sequence[str]) -> set[str]:
        if not context.start.is_restart:
            return set()
        known = stores.scans.accounted(spec.id, ids)
        return {image for image, is_known in zip(ids, known, strict=True) if is_known}

    keeper = PictureKeeper(target, spec.id, stores.settings, stores.fetcher)
    at_once = stores.settings.fetch_concurrency
    yield from fetch_all(addresses, keeper, Known(stored, accounted), at_once)
