"""A tree of files to traverse, and the files found in it."""

from pathlib import Path

from indexer.sources import Batch
from indexer.sources.directory import DirectoryWalk
from shared.domain.job import DirectorySource
from shared.files.uris import file_path
from tests.drawn import JPEG


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)


def walked(root: Path, source: Path | None = None, **options: object) -> Batch:
    """All of a walk's batches in one."""
    found = Batch()
    wanted = DirectorySource.model_validate({"path": str(source or root), **options})
    for batch in DirectoryWalk(wanted, (root,)).batches():
        found.files += batch.files
        found.ignored += batch.ignored
        found.failures += batch.failures
    return found


def names(batch: Batch, root: Path) -> list[str]:
    return sorted(str(file_path(file.uri).relative_to(root)) for file in batch.files)
