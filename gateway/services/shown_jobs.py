"""Jobs of the collections that a key may read."""

from collections.abc import Callable, Sequence

from shared.domain.job import Job, JobStatus
from shared.ledger import Jobs

#: Pages of all jobs that are read for one page of those that are shown.
_PAGES = 20

#: Whether what is in a collection is shown.
Shows = Callable[[str], bool]


def list_shown(
    jobs: Jobs, shows: Shows, status: JobStatus | None, cursor: str | None, limit: int
) -> tuple[Sequence[Job], str | None]:
    """Jobs of collections that are shown, newest first, and the cursor of the next page or None.

    A page may have fewer than `limit` though there is a next one. Raises what `Jobs.list` raises.
    """
    found: list[Job] = []
    for _ in range(_PAGES):
        # As many as are wanted still, so that the cursor never passes one of them.
        page, cursor = jobs.list(None, status, cursor, limit - len(found))
        found += [job for job in page if shows(job.spec.collection)]
        if cursor is None or len(found) == limit:
            break
    return found, cursor
