"""The OpenAPI schema, in the form that client generators expect."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from gateway.http.idempotency import HEADER, REPEATABLE
from gateway.http.permissions import RULES, Place
from gateway.http.problems import Problem, problem_responses
from gateway.schemas.calibration import Calibration
from gateway.schemas.duplicates import DuplicateGroupList
from gateway.schemas.images import Upload
from gateway.schemas.jobs import Failure, Job
from gateway.schemas.keys import CreatedKey, Key
from gateway.schemas.standing_sources import StandingSource

_DESCRIPTION = """Reverse image search: load folders of pictures, find the ones that look alike.

Errors are `application/problem+json` (RFC 9457) with a stable `code`. Lists are paged: give
`next_cursor` as `cursor`. Where API keys are set, send one as `X-API-Key` or as
`Authorization: Bearer`, or sign in for a cookie. A key that may not do what it asks for is answered
403 `not_allowed`."""
_TAGS = (
    ("collections", "Named sets of images, each of one encoder."),
    ("jobs", "Loads: queued, followed, steered."),
    ("webhooks", "Addresses that are told of jobs that have ended."),
    ("images", "What is in a collection; uploads, content, thumbnails."),
    ("search", "By a picture, by a stored image, by a vector."),
    ("duplicates", "Groups of images that show the same; what becomes of them."),
    ("system", "State, limits, folders, keys, sessions."),
    ("exports", "A collection as files: to keep, and to move to another system."),
    ("system", "State, limits, folders, sessions."),
    ("health", "For supervisors and monitoring."),
    ("article", "v1: the five calls of the article, for clients written for it."),
)
_SECURITY_SCHEMES = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "Bearer": {"type": "http", "scheme": "bearer"},
    "Session": {"type": "apiKey", "in": "cookie", "name": "lookalike_session"},
}
#: FastAPI drops nulls from examples; the examples of these schemas hold some and are restored.
_WITH_NULLS: tuple[type[BaseModel], ...] = (
    Calibration,
    CreatedKey,
    DuplicateGroupList,
    Failure,
    Job,
    Key,
    StandingSource,
    Upload,
)
_IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"anyOf": [{"type": "string", "maxLength": 255}, {"type": "null"}]},
    "description": "Drawn by the client for one call. The call that is sent again with it happens "
    "once, and is answered as it was the first time; with another request it is 422 "
    "`idempotency_key_reused`.",
}
_UNSAFE = frozenset({"post", "put", "patch", "delete"})


def build(app: FastAPI) -> dict[str, Any]:
    """The schema of an app's routes."""
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        tags=[{"name": name, "description": text} for name, text in _TAGS],
        routes=app.routes,
    )
    components = schema.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    for model in _WITH_NULLS:
        components["schemas"][model.__name__] |= model.model_config["json_schema_extra"]
    components["securitySchemes"] = _SECURITY_SCHEMES
    # The empty alternative says that no key is needed, as when none is configured.
    schema["security"] = [{}, *({name: []} for name in _SECURITY_SCHEMES)]
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            if name in RULES and RULES[name].place is Place.OPEN:
                operation["security"] = []
                refusals = [403] if method in _UNSAFE else []
            else:
                # Where keys are in force: what a key may not do, or too often; or Redis is away.
                refusals = [403, 429, 503]
            for status in refusals:
                operation["responses"] |= {str(status): problem_responses(status)[status]}
            if name in REPEATABLE:
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            for response in operation["responses"].values():
                _describe_stream(response.get("content", {}))
    _mark_binary(schema)
    return schema


def _describe_stream(content: dict[str, Any]) -> None:
    stream = content.get("text/event-stream")
    if stream is not None:
        # FastAPI writes `itemSchema`, which is new in OpenAPI 3.2; this document is 3.1.
        stream["schema"] = stream.pop("itemSchema")


def _mark_binary(node: Any) -> None:
    """Add `format: binary`: few generators know `contentMediaType`, its successor in 3.1."""
    if isinstance(node, dict):
        if node.get("contentMediaType") == "application/octet-stream":
            node["format"] = "binary"
        for child in node.values():
            _mark_binary(child)
    elif isinstance(node, list):
        for child in node:
            _mark_binary(child)
