"""Errors as exceptions."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lookalike_client import (
    ApiError,
    Conflict,
    InvalidRequest,
    LookalikeError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnexpectedReply,
)
from lookalike_client.errors import error_of, retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, NotAuthenticated),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (413, TooLarge),
        (422, InvalidRequest),
        (429, TooManyRequests),
        (503, Unavailable),
        (504, Unavailable),
        (507, ApiError),
    ],
)
def test_each_status_has_its_exception(status: int, kind: type[ApiError]) -> None:
    body = {"code": "some_code", "title": "Title", "status": status, "detail": "Do this."}

    error = error_of(status, {"retry-after": "7"}, json.dumps(body).encode())

    assert type(error) is kind
    assert isinstance(error, ApiError)
    assert isinstance(error, LookalikeError)
    assert (error.code, error.status, error.retry_after) == ("some_code", status, 7.0)
    assert str(error) == "Do this."


def test_a_validation_error_names_the_fields() -> None:
    body = {
        "code": "validation_error",
        "title": "t",
        "detail": "body.top_k: too large",
        "errors": [{"field": "body.top_k", "message": "too large"}],
    }

    error = error_of(422, {}, json.dumps(body).encode())

    assert isinstance(error, InvalidRequest)
    assert error.errors[0].field == "body.top_k"
    assert str(error) == "body.top_k: too large"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"detail": "no code"}', b"\xff"])
def test_what_is_no_problem_is_unexpected(content: bytes) -> None:
    assert isinstance(error_of(404, {}, content), UnexpectedReply)


def test_a_proxy_s_own_outage_is_one_too() -> None:
    error = error_of(502, {}, b"<html>Bad Gateway</html>")

    assert isinstance(error, Unavailable)
    assert error.code == "http_502"


def test_retry_after_is_seconds_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=100), usegmt=True)

    assert retry_after({"retry-after": "2"}) == 2.0
    assert retry_after({"retry-after": "-1"}) == 0.0
    assert 0 < (retry_after({"retry-after": soon}) or 0) <= 100
    assert retry_after({"retry-after": past}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None
