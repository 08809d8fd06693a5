"""Loads of each kind of source, as requests name them."""

from gateway.schemas.sources import (
    ArchiveSourceInput,
    BucketSourceInput,
    DirectorySourceInput,
    SourceInput,
    UrlsSourceInput,
)
from gateway.services.loads import LoadOptions, LoadService
from shared.domain.job import ArchiveSource, BucketSource, DirectorySource, Job, Source, UrlsSource


def start_load(
    loads: LoadService, collection: str, source: SourceInput, options: LoadOptions
) -> Job:
    """Queue a load of a source. Raises what the service raises."""
    if isinstance(source, UrlsSourceInput) and source.urls is not None:
        return loads.load_addresses(collection, source.urls, options)
    return loads.load(collection, as_source(source), options)


def as_source(source: SourceInput) -> Source:
    """A source as the service takes it, with its path as it was given."""
    match source:
        case DirectorySourceInput():
            return DirectorySource(**source.model_dump())
        case ArchiveSourceInput():
            return ArchiveSource(path=source.path)
        case BucketSourceInput():
            return BucketSource(**source.model_dump())
        case UrlsSourceInput():
            return UrlsSource(path=source.path, column=source.column)
