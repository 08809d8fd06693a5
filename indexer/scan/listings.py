"""Which listing a job's source is read by."""

from indexer.scan.context import ScanContext
from indexer.sources import Listing, Synced
from indexer.sources.archive import ArchiveListing
from indexer.sources.bucket import BucketListing
from indexer.sources.directory_listing import DirectoryListing
from indexer.sources.job_files import JobFiles


def synced_listing(context: ScanContext) -> Synced | None:
    """The listing of a source that `sync` has a meaning for; None of uploads and retries."""
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
    return JobFiles(context.spec, context.stores.scans, context.stores.files)
