"""Which call of the service starts a load of each kind of source."""

from gateway.schemas.sources import ArchiveSourceInput, DirectorySourceInput, SourceInput
from gateway.services.loads import LoadOptions, LoadService
from shared.domain.job import Job


def start_load(
    loads: LoadService, collection: str, source: SourceInput, options: LoadOptions
) -> Job:
    """Queue a load of a source. Raises what the service raises."""
    if isinstance(source, DirectorySourceInput):
        return loads.load_directory(
            collection,
            source.path,
            options,
            recursive=source.recursive,
            pattern=source.pattern,
            exclude=source.exclude,
        )
    if isinstance(source, ArchiveSourceInput):
        return loads.load_archive(collection, source.path, options)
    if source.urls is not None:
        return loads.load_addresses(collection, source.urls, options)
    return loads.load_address_list(collection, source.path or "", source.column, options)
