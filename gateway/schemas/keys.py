"""API keys over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gateway.schemas.fields import EXAMPLE_ID, Input, Page, moment
from shared.domain.api_key import PATTERN_PATTERN, Action, ApiKey

_EXAMPLE_INPUT: dict[str, Any] = {
    "name": "web shop",
    "actions": ["read"],
    "collections": ["photos*"],
    "expires_at": "2027-01-01T00:00:00Z",
    "rate_per_minute": 600,
}
_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_ID,
    **_EXAMPLE_INPUT,
    "created_at": "2026-05-02T10:00:00Z",
    "created_by": "administrator 1",
    "last_used_at": "2026-05-03T08:00:00Z",
    "expired": False,
}

#: Keys end before this; the last year that can be told is left out, for offsets and rounding.
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def _check_end(value: datetime) -> datetime:
    if value >= _LATEST:
        raise ValueError("must be before the year 9999; null is for never")
    return value


CollectionPattern = Annotated[str, StringConstraints(pattern=PATTERN_PATTERN)]


class KeyInput(Input):
    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE_INPUT})

    name: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"
        ),
    ] = Field(description="For people, and for the log: whose it is, or what for.")
    actions: list[Action] = Field(
        min_length=1,
        max_length=4,
        description="`read`: see and search. `write`: load, upload, label, create. `delete`: "
        "forget images, drop collections. `admin`: all of that; with the collections `*` also "
        "keys and metrics.",
    )
    collections: list[CollectionPattern] = Field(
        min_length=1,
        max_length=100,
        description="Names of collections; `*` stands for any number of letters.",
    )
    expires_at: Annotated[AwareDatetime, AfterValidator(_check_end)] | None = Field(
        None, description="When it ends, with the offset from UTC; null for never."
    )
    rate_per_minute: int | None = Field(
        None, ge=1, le=1_000_000, description="Requests in any minute; null for no limit."
    )


class KeyFields(BaseModel):
    """What can be told of a key later."""

    id: str
    name: str
    actions: list[Action]
    collections: list[str]
    expires_at: datetime | None
    rate_per_minute: int | None
    created_at: datetime
    created_by: str = Field(description="The name of the key that made it.")
    last_used_at: datetime | None = Field(description="To the minute; null before its first use.")
    expired: bool


class Key(KeyFields):
    """A stored key."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    @classmethod
    def of(cls, key: ApiKey, used_at: float | None, now: float) -> Self:
        return cls(**key_fields(key, used_at, now))


class CreatedKey(KeyFields):
    """A new key, with what its holder sends."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {**_EXAMPLE, "last_used_at": None, "key": f"lk_{EXAMPLE_ID}_{'x' * 43}"}
        }
    )

    key: str = Field(description="Shown this once: only its SHA-256 is stored.")

    @classmethod
    def of(cls, key: ApiKey, text: str, now: float) -> Self:
        return cls(**key_fields(key, None, now), key=text)


def key_fields(key: ApiKey, used_at: float | None, now: float) -> dict[str, Any]:
    """The values of `KeyFields`; times in Unix seconds."""
    return {
        **key.model_dump(exclude={"digest", "created_at", "expires_at"}),
        "created_at": moment(key.created_at),
        "expires_at": None if key.expires_at is None else _end(key.expires_at),
        "last_used_at": None if used_at is None else moment(used_at),
        "expired": key.expired(now),
    }


def _end(expires_at: float) -> datetime:
    # An earlier version stored keys that end later than can be told.
    return moment(min(expires_at, _LATEST.timestamp()))


class KeyList(Page[Key]):
    """Stored keys, the oldest first."""
