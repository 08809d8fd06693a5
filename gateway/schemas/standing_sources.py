"""Standing sources over HTTP."""

import time
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.schemas.fields import EXAMPLE_JOB_ID, Input, Page, moment
from gateway.schemas.sources import Source, SourceInput
from shared.domain.job import OnDuplicate
from shared.domain.standing import StandingState, next_run, refused_options

_EXAMPLE_SOURCE: dict[str, Any] = {"kind": "directory", "path": "/photos", "recursive": True}


def _check_cron(cron: str) -> str:
    next_run(cron, time.time())
    return cron


Cron = Annotated[
    str,
    Field(
        max_length=200,
        description="When it is loaded: minute, hour, day of the month, month and day of the week, "
        "in UTC. `0 3 * * *` is each night at three.",
        examples=["0 3 * * *"],
    ),
    AfterValidator(_check_cron),
]
Watch = Annotated[
    bool, Field(description="Whether files of a directory are loaded soon after they are written.")
]
Sync = Annotated[bool, Field(description="Whether loads forget images whose file is gone.")]
Paused = Annotated[bool, Field(description="Whether it is loaded only on request.")]


class StandingSourceInput(Input):
    model_config = ConfigDict(
        json_schema_extra={"example": {"source": _EXAMPLE_SOURCE, "cron": "0 3 * * *"}}
    )

    source: SourceInput
    on_duplicate: OnDuplicate = "keep"
    sync: Sync = False
    cron: Cron | None = None
    watch: Watch = False
    paused: Paused = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.source.kind == "urls" and self.source.path is None:
            raise ValueError("give the path of a file that lists the addresses")
        reason = refused_options(self.source.kind, sync=self.sync, watch=self.watch)
        if reason is not None:
            raise ValueError(reason)
        return self

    def options(self) -> dict[str, Any]:
        """The fields beside the source."""
        return self.model_dump(exclude={"source"})


class StandingSourceChanges(Input):
    """What to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"paused": True}})

    on_duplicate: OnDuplicate = "keep"
    sync: Sync = False
    cron: Cron | None = None
    watch: Watch = False
    paused: Paused = False

    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return self.model_dump(exclude_unset=True)


class StandingSource(BaseModel):
    """A source that is kept with a collection."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_JOB_ID,
                "collection": "holidays",
                "source": {**_EXAMPLE_SOURCE, "pattern": None, "exclude": []},
                "on_duplicate": "keep",
                "sync": False,
                "cron": "0 3 * * *",
                "watch": False,
                "paused": False,
                "created_at": "2026-05-02T10:00:00Z",
                "next_run": "2026-05-03T03:00:00Z",
                "last_job": None,
            }
        }
    )

    id: str
    collection: str
    source: Source
    on_duplicate: OnDuplicate
    sync: bool
    cron: str | None
    watch: bool
    paused: bool
    created_at: datetime
    next_run: datetime | None
    last_job: str | None = Field(description="The job that loaded it last.")

    @classmethod
    def of(cls, state: StandingState) -> Self:
        source = state.source
        return cls(
            **source.model_dump(exclude={"generation", "created_at"}),
            created_at=moment(source.created_at),
            next_run=None if state.next_run is None else moment(state.next_run),
            last_job=state.last_job,
        )


class StandingSourceList(Page[StandingSource]):
    """Standing sources, the oldest first."""
