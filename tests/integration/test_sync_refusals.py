"""A sync that would forget too much, or that cannot see its source, forgets nothing."""

from collections.abc import Iterator

import pytest

from encoder_worker.encode.encoder import Encoder
from shared.domain.job import Job
from shared.redis import RedisClient
from shared.settings import Settings
from tests.integration.library import Counts, Library, counts

COUNT = 45


@pytest.fixture
def library(settings: Settings, redis: RedisClient, encoder: Encoder) -> Iterator[Library]:
    """A folder of 45 pictures, loaded."""
    opened = Library(settings, redis, encoder)
    for index in range(COUNT):
        opened.write(f"{index}.png", index)
    assert counts(opened.load()) == Counts(indexed=COUNT)
    yield opened
    opened.close()


def refused(library: Library, code: str, **spec: object) -> Job:
    """Sync, and see that the job fails with a code and that nothing is forgotten."""
    before = library.rows()
    job = library.load(sync=True, **spec)
    assert library.rows() == before
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == code
    assert job.removed == 0
    return job


def forget(library: Library, count: int) -> None:
    for index in range(count):
        (library.root / f"{index}.png").unlink()


def test_an_emptied_folder_forgets_nothing(library: Library) -> None:
    forget(library, COUNT)
    refused(library, "source_empty")
    job = library.load(sync=True, allow_mass_removal=True)
    assert counts(job) == Counts(removed=COUNT)


def test_a_missing_folder_forgets_nothing(library: Library) -> None:
    library.root.rename(library.root.with_name("unmounted"))
    refused(library, "source_missing", allow_mass_removal=True)


def test_more_than_half_is_refused_with_the_numbers(library: Library) -> None:
    forget(library, 23)
    job = refused(library, "mass_removal")
    assert job.error is not None
    assert "23 of the 45" in job.error.detail
    allowed = library.load(sync=True, allow_mass_removal=True)
    assert counts(allowed) == Counts(unchanged=22, removed=23)
