"""The operations of an OpenAPI document, as what a client has to know of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Texts that hold JSON, which a caller may give as what they hold.
_JSON_TEXTS = {"filter", "metadata"}
#: What is not read but handed on.
_FILES = ("image/", "application/octet-stream")
_PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Parameter:
    """One argument of a call, and where it goes: `path`, `query`, `header`, `form`, `file`."""

    name: str
    place: str
    type: str
    required: bool

    @property
    def argument(self) -> str:
        """Its name in Python."""
        return re.sub(r"\W", "_", self.name).lower()


@dataclass(frozen=True)
class Operation:
    """One operation; `replies` has a reader for each status that is no error."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: str | None
    body_required: bool
    replies: dict[int, str]
    result: str
    has_pages: bool
    has_csv: bool
    has_events: bool


def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation, by name."""
    found = [
        _operation(document, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda operation: operation.name)


def python_type(schema: dict[str, Any]) -> str:
    """A schema as an annotation; what is nullable says so."""
    if "$ref" in schema:
        return f"models.{schema['$ref'].rsplit('/', 1)[1]}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(python_type(part) for part in schema[key]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    kind = schema.get("type")
    if kind == "array":
        return f"Sequence[{python_type(schema.get('items', {}))}]"
    plain = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    return {**plain, "null": "None", "object": "Mapping[str, Any]"}.get(str(kind), "Any")


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> Operation:
    given = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    # A path's own order is the one that callers expect, however the document lists them.
    given.sort(key=lambda p: path.find(f"{{{p.name}}}") if p.place == "path" else len(path))
    names = {parameter.argument for parameter in given}
    contents = operation.get("requestBody", {}).get("content", {})
    form = _resolved(document, contents.get("multipart/form-data", {}).get("schema", {}))
    given += [field for field in _fields(form) if field.argument not in names]
    json_body = contents.get("application/json", {}).get("schema", {})
    # The calls of v1 take the same from the query string.
    body = python_type(json_body) if contents.keys() <= _JSON_TYPES and json_body else None
    replies = dict(_replies(operation))
    pages = "cursor" in names and "items" in _reply_fields(document, operation)
    ok = operation["responses"].get("200", {}).get("content", {})
    events = "text/event-stream" in ok
    results = ["JobEvent"] if events else [_result(reader) for reader in replies.values()]
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        parameters=tuple(given),
        body=body,
        body_required=body is not None and "None" not in body.split(" | "),
        replies=replies,
        result=" | ".join(dict.fromkeys(results)),
        has_pages=pages,
        has_csv={"application/json", "text/csv"} <= ok.keys(),
        has_events=events,
    )


_JSON_TYPES = {"application/json", "application/merge-patch+json"}


def _parameter(parameter: dict[str, Any]) -> Parameter:
    name, required = parameter["name"], parameter.get("required", False)
    kind = "JsonText" if name in _JSON_TEXTS else python_type(parameter["schema"])
    return Parameter(name, parameter["in"], _optional(kind, required=required), required)


def _fields(form: dict[str, Any]) -> Iterator[Parameter]:
    properties = form.get("properties", {})
    if not any(map(_is_file, properties.values())):
        return
    for name, schema in properties.items():
        required = name in form.get("required", [])
        if _is_file(schema):
            kind = "Sequence[FileInput]" if schema.get("type") == "array" else "FileInput"
            yield Parameter(name, "file", _optional(kind, required=required), required)
        else:
            kind = "JsonText" if name in _JSON_TEXTS else python_type(schema)
            yield Parameter(name, "form", _optional(kind, required=required), required)


def _is_file(schema: dict[str, Any]) -> bool:
    parts = [schema, schema.get("items", {}), *schema.get("anyOf", [])]
    return any(part.get("format") == "binary" for part in parts)


def _optional(kind: str, *, required: bool) -> str:
    return kind if required or "None" in kind.split(" | ") else f"{kind} | None"


def _replies(operation: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """The status of each reply that a caller gets, and the expression that reads it."""
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if _PROBLEM in content or not status.isdecimal():
            continue
        if "application/json" in content:
            yield int(status), f"reads({python_type(content['application/json']['schema'])})"
        elif any(kind.startswith(_FILES) for kind in content):
            yield int(status), "PICTURE"
        elif "text/event-stream" in content:
            yield int(status), "EVENTS"
        elif content:
            yield int(status), "TEXT"
        elif status == "204":
            yield int(status), "NOTHING"


def _result(reader: str) -> str:
    named = {"PICTURE": "Picture", "TEXT": "str", "NOTHING": "None"}
    return named.get(reader) or reader.removeprefix("reads(").removesuffix(")")


def _reply_fields(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    content = operation["responses"].get("200", {}).get("content", {})
    schema = _resolved(document, content.get("application/json", {}).get("schema", {}))
    fields: dict[str, Any] = schema.get("properties", {})
    return fields if "next_cursor" in fields else {}


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found
