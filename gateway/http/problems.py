"""Errors as `application/problem+json` (RFC 9457), and their part of the OpenAPI schema."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problem_codes import MEANINGS, RETRY_AFTER
from shared.domain.filter import ALTERNATIVE
from shared.errors import LookalikeError, StorageFull, Unavailable, storage_error
from shared.log import bound_request_id, get_logger, outages

_log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(description="Its location: `body.top_k`, `query.limit`.")
    message: str


class Problem(BaseModel):
    """An error, after RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:lookalike:problem:collection_not_found",
                "title": "Not found",
                "status": 404,
                "detail": "There is no collection 'holidays'. Create it first.",
                "code": "collection_not_found",
                "request_id": "5f2b6c0e9d3f4f7a8c1d2e3f4a5b6c7d",
            }
        }
    )

    type: str = Field(description="A URI that names the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="Cause and remedy, for a person.")
    code: str = Field(description="A stable snake_case word, for a program.")
    request_id: str | None = Field(
        None, description="The request's `X-Request-ID`, by which the server's log knows it."
    )
    errors: list[FieldError] | None = Field(
        None, description="With code `validation_error`: what is wrong, part by part."
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may answer these errors; 401 is always added."""
    return {
        status: {
            "description": MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": RETRY_AFTER} if status in (429, 503, 504, 507) else {}),
        }
        for status in sorted({401, *statuses})
    }


def problem_response(
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to an error."""
    problem = Problem(type=_type(code), title=title, status=status, detail=detail, code=code)
    return _answer(problem, headers)


def internal_problem() -> Problem:
    """The problem of an error that nobody expected."""
    code, detail = "internal_error", "The gateway failed; its log has the cause."
    return Problem(type=_type(code), title="Internal error", status=500, detail=detail, code=code)


def problem_in_reply(error: LookalikeError | ValidationError, *location: int | str) -> Problem:
    """The problem of a part of a request, at `location`, for the reply to the whole."""
    if isinstance(error, ValidationError):
        return _invalid([{**e, "loc": (*location, *e["loc"])} for e in error.errors()])
    return Problem(
        type=_type(error.code),
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
    )


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    # ASCII only: a detail may quote lone surrogates, which UTF-8 cannot encode.
    named = problem.model_copy(update={"request_id": bound_request_id()})
    body = json.dumps(named.model_dump(exclude_none=True))
    return Response(body, problem.status, dict(headers or {}), MEDIA_TYPE)


def _type(code: str) -> str:
    return f"urn:lookalike:problem:{code}"


def problem_of(error: LookalikeError) -> Response:
    """The answer to one of the errors of `shared.errors`."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(error.status, error.code, error.title, error.detail, headers)


def invalid_field(message: str, *location: str) -> RequestValidationError:
    """The error of a field that is checked by hand, as FastAPI raises it for its own checks."""
    return RequestValidationError([{"loc": location, "msg": message, "type": "value_error"}])


def install(app: FastAPI) -> None:
    """Answer every error of a route as a problem."""
    app.add_exception_handler(LookalikeError, _on_lookalike_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


class UnhandledErrors:
    """Logs exceptions that nothing else caught, and answers 500 without their details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch_start)
        except Exception:
            if scope["type"] != "http":
                raise
            _log.exception("request_failed", method=scope["method"], path=scope["path"])
            if started:
                raise
            await _answer(internal_problem())(scope, receive, send)


def answer_to(error: LookalikeError) -> Response:
    """The answer to an error that was raised; an outage is logged."""
    if isinstance(error, Unavailable | StorageFull) and error.__cause__ is not None:
        outages.met(error.code, error)
    return problem_of(error)


async def _on_lookalike_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, LookalikeError)  # noqa: S101 - registered for this class alone
    return answer_to(error)


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    return _answer(_invalid(error.errors()))


def _invalid(found: Sequence[Any]) -> Problem:
    errors = [FieldError(field=_location(e["loc"]), message=str(e["msg"])) for e in found]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors[:5])
    if len(errors) > 5:
        detail += f"; and {len(errors) - 5} more"
    code = "validation_error"
    title = "Invalid request"
    return Problem(
        type=_type(code), title=title, status=422, detail=detail, code=code, errors=errors
    )


def _location(parts: Sequence[int | str]) -> str:
    """Where in a request an error is, without the names of a union's alternatives."""
    return ".".join(part for part in map(str, parts) if not part.startswith(ALTERNATIVE))


_HTTP_DETAILS = {
    404: ("not_found", "There is nothing at this address. /docs lists what there is."),
    405: (
        "method_not_allowed",
        "This address has no such method. /docs lists those it has.",
    ),
    413: ("too_large", "The request is over the limit that GET /api/v2/system names."),
}


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    if isinstance(error.__cause__, OSError):
        # FastAPI's answer to whatever fails while a body is read, here while files are spooled.
        full = storage_error(error.__cause__)
        full.__cause__ = error.__cause__
        return await _on_lookalike_error(request, full)
    phrase = HTTPStatus(error.status_code).phrase
    code, detail = _HTTP_DETAILS.get(
        error.status_code, (phrase.lower().replace(" ", "_"), str(error.detail))
    )
    return problem_response(error.status_code, code, phrase, detail, error.headers)
