"""The ends of keys."""

import pytest
from pydantic import ValidationError

from gateway.schemas.keys import KeyInput, key_fields
from shared.domain.api_key import ApiKey


@pytest.mark.parametrize(
    "end", ["9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z", "9999-01-01T00:00:00Z"]
)
def test_an_end_that_cannot_be_told_is_refused(end: str) -> None:
    body = {"name": "a", "actions": ["read"], "collections": ["*"], "expires_at": end}
    with pytest.raises(ValidationError, match="before the year 9999"):
        KeyInput.model_validate(body)


def test_the_last_moment_that_is_taken_is_told() -> None:
    end = "9998-12-31T23:59:59.999999Z"
    body = {"name": "a", "actions": ["read"], "collections": ["*"], "expires_at": end}
    given = KeyInput.model_validate(body).expires_at
    assert given is not None
    assert key_fields(_key(given.timestamp()), None, 0)["expires_at"].year in (9998, 9999)


@pytest.mark.parametrize("stored", [253402351199.0, 1e300])
def test_a_stored_end_beyond_all_years_is_told_as_the_last_one(stored: float) -> None:
    fields = key_fields(_key(stored), None, 0)
    assert (fields["expires_at"].year, fields["expired"]) == (9999, False)


def _key(expires_at: float) -> ApiKey:
    return ApiKey(
        id="k",
        name="k",
        digest="0" * 64,
        actions=("read",),
        collections=("*",),
        created_at=0,
        created_by="administrator 1",
        expires_at=expires_at,
    )
