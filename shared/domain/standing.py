"""Standing sources: what a collection is loaded from again and again, and when."""

from datetime import UTC, datetime
from typing import NamedTuple

from cronsim import CronSim, CronSimError

from shared.domain.base import Frozen
from shared.domain.job import OnDuplicate, Source

_FIELDS = 5


class StandingSource(Frozen):
    """A source that is kept with a collection of a generation. Times in Unix seconds.

    `cron` has five fields, in UTC. One that is paused is loaded only on request.
    """

    id: str
    collection: str
    generation: str
    source: Source
    on_duplicate: OnDuplicate = "keep"
    sync: bool = False
    cron: str | None = None
    watch: bool = False
    paused: bool = False
    created_at: float


class StandingState(NamedTuple):
    """A standing source as it is now: the job that loaded it last, and when the next run is due."""

    source: StandingSource
    last_job: str | None
    next_run: float | None


def refused_options(kind: str, *, sync: bool, watch: bool) -> str | None:
    """Why a source of a kind cannot be kept with these options; None if it can."""
    if sync and kind == "urls":
        return "sync forgets what is missing in a source; addresses have none"
    if watch and kind != "directory":
        return "only a directory can be watched; give a cron"
    return None


def next_run(cron: str, after: float) -> float:
    """The next time of a schedule, in Unix seconds.

    Raises ValueError, which names the reason, for what is no schedule or never comes.
    """
    if len(cron.split()) != _FIELDS:
        raise ValueError("must have five fields: minute, hour, day, month, day of the week")
    try:
        return next(CronSim(cron, datetime.fromtimestamp(after, UTC))).timestamp()
    except CronSimError as error:
        raise ValueError(f"is no schedule: {error}") from error
    except StopIteration:
        raise ValueError("names a time that never comes") from None
