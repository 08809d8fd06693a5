"""The parameters of the v1 calls, from a JSON body, a form or the query string."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile

from gateway.dependencies import AccessDep, AliasesDep, SettingsDep
from gateway.http.access import OF_ALIAS
from gateway.http.problems import invalid_field
from gateway.schemas.search import MAX_TOP_K
from shared.domain.collection import COLLECTION_PATTERN
from shared.errors import storage_error

_COLLECTION = re.compile(COLLECTION_PATTERN)
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
#: The schema of each parameter.
_DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "Table": {
        "type": "string",
        "description": "The collection; the default one without it.",
        "example": "milvus",
    },
    "File": {
        "type": "string",
        "description": "A directory under an image root.",
        "example": "/photos",
    },
    "Num": {"type": "integer", "minimum": 1, "maximum": MAX_TOP_K, "default": 1},
    "file": {"type": "string", "format": "binary", "description": "The picture to look for."},
}


class Parameters(NamedTuple):
    """The parameters of one v1 call.

    `table` is the default collection if it was not given; `directory` is then empty. `name` is
    what the table was called, which may be an alias.
    """

    table: str
    name: str
    directory: str
    num: int
    picture: UploadFile | None


async def article_parameters(
    request: Request, settings: SettingsDep, access: AccessDep, aliases: AliasesDep
) -> AsyncIterator[Parameters]:
    """Read a call's parameters. The body takes precedence over the query string.

    An uploaded file is closed once the call is answered. Raises RequestValidationError, NotAllowed.
    """
    try:
        found = await _read(request, settings.default_collection)
        access.require(found.name)
        table = await aliases.resolve(found.name)
        access.require(table, called=OF_ALIAS)
        yield found._replace(table=table)
    finally:
        await request.close()


async def _read(request: Request, default_table: str) -> Parameters:
    given: dict[str, Any] = dict(request.query_params)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _FORMS:
        given |= await _form(request)
    elif media_type == "application/json":
        given |= await _json_object(request)
    picture = given.get("file")
    name = _table(given.get("Table")) or default_table
    return Parameters(
        table=name,
        name=name,
        directory=_text("File", given.get("File")),
        num=_number(given.get("Num")),
        picture=picture if isinstance(picture, UploadFile) else None,
    )


def documented(*names: str, picture: bool = False) -> dict[str, Any]:
    """The `openapi_extra=` of a call that takes these parameters in all three ways."""
    query = [
        {"name": name, "in": "query", "required": False, "schema": _DESCRIPTIONS[name]}
        for name in names
    ]
    fields = {name: _DESCRIPTIONS[name] for name in (*(["file"] if picture else []), *names)}
    schema: dict[str, Any] = {"type": "object", "properties": fields}
    if picture:
        schema["required"] = ["file"]
    kinds = ("multipart/form-data",) if picture else ("application/json", *_FORMS)
    body = {"required": picture, "content": {kind: {"schema": schema} for kind in kinds}}
    return {"parameters": query, "requestBody": body}


async def _form(request: Request) -> dict[str, Any]:
    try:
        return dict(await request.form())
    except OSError as error:
        # Files of a form are spooled to disk. FastAPI's own forms: `gateway.http.problems`.
        raise storage_error(error) from error


async def _json_object(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body.strip():
        return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid_field("must be JSON", "body") from error
    if not isinstance(given, dict):
        raise invalid_field("must be a JSON object", "body")
    return given


def _table(value: Any) -> str:
    name = _text("Table", value)
    if name and not _COLLECTION.fullmatch(name):
        raise invalid_field(
            "must be letters, digits and underscores, and not begin with a digit", "Table"
        )
    return name


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid_field("must be text", name)
    return value


def _number(value: Any) -> int:
    if value is None or value == "":
        return 1
    try:
        number = int(value) if isinstance(value, (int, str)) else 0
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_TOP_K:
        raise invalid_field(f"must be a whole number from 1 to {MAX_TOP_K}", "Num")
    return number
