"""From a source as a caller gives it to the load of its kind."""

from gateway.schemas.sources import SourceInput
from gateway.services.loads import LoadOptions, LoadService
from shared.domain.job import Job


def start_load(
    loads: LoadService, collection: str, source: SourceInput, options: LoadOptions
) -> Job:
    """Queue a load of what a caller names. Raises as the methods of `LoadService` do."""
    if source.kind == "archive":
        return loads.load_archive(collection, source.path, options)
    if source.kind == "bucket":
        return loads.load_bucket(
            collection, source.url, options, pattern=source.pattern, exclude=source.exclude
        )
    return loads.load_directory(
        collection,
        source.path,
        options,
        recursive=source.recursive,
        pattern=source.pattern,
        exclude=source.exclude,
    )
