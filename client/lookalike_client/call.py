"""One call of the API as data: what to send, and how to read what comes back. No I/O is here."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from lookalike_client.errors import UnexpectedReply, error_of
from lookalike_client.values import FileInput, Picture

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: (name of the form's field, name of the file, where its bytes are)
Part: TypeAlias = tuple[str, str, Path | bytes]


@dataclass(frozen=True)
class Reply:
    """A whole answer of the server. Names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Reader: TypeAlias = Callable[[Reply], Any]


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """A request and the readers of its replies; `T_co` is what they give."""

    operation: str
    method: str
    template: str
    replies: Mapping[int, Reader]
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, FileInput | Sequence[FileInput] | None] = field(default_factory=dict)
    body: BaseModel | Mapping[str, Any] | None = None
    accept: str | None = None

    @property
    def url(self) -> str:
        """The path below the server's address, with every value escaped."""
        return self.template.format_map(
            {name: quote(value, safe="") for name, value in self.path.items()}
        )

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query string's pairs."""
        return _pairs(self.query)

    @property
    def fields(self) -> dict[str, list[str]]:
        """The form's fields beside its files."""
        found: dict[str, list[str]] = {}
        for name, value in _pairs(self.form):
            found.setdefault(name, []).append(value)
        return found

    @property
    def parts(self) -> list[Part]:
        """The form's files."""
        return [
            (name, *_named(file))
            for name, value in self.files.items()
            if value is not None
            for file in ([value] if isinstance(value, Path | bytes | tuple) else value)
        ]

    @property
    def content(self) -> bytes | None:
        """The body's JSON, with what was given of a model."""
        return None if self.body is None else _json(self.body).encode()

    def sent_headers(self) -> dict[str, str]:
        """The headers of this call."""
        given = {name: value for name, value in self.headers.items() if value is not None}
        if self.body is not None:
            given["Content-Type"] = "application/json"
        if self.accept is not None:
            given["Accept"] = self.accept
        return given

    def at(self, cursor: str) -> "Call[T_co]":
        """The same call for the page at a cursor."""
        return replace(self, query={**self.query, "cursor": cursor})

    def with_header(self, name: str, value: str) -> "Call[T_co]":
        """The same call with one more header."""
        return replace(self, headers={**self.headers, name: value})

    def read(self, reply: Reply) -> T_co:
        """What a reply says. Raises an ApiError, or UnexpectedReply where it says nothing known."""
        reader = self.replies.get(reply.status)
        if reader is not None:
            return cast(T_co, reader(reply))
        raise error_of(reply.status, reply.headers, reply.content)


def reads(kind: Any) -> Reader:
    """A reader of JSON as this type."""
    adapter = _adapter(kind)

    def read(reply: Reply) -> Any:
        try:
            return adapter.validate_json(reply.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise UnexpectedReply(
                f"The reply is not what this client knows ({where}: {first['msg']}). "
                "It may be older than the server."
            ) from error

    return read


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _picture(reply: Reply) -> Picture:
    media_type = reply.headers.get("content-type", "application/octet-stream")
    return Picture(reply.content, media_type, reply.headers.get("etag"))


def _text_of(reply: Reply) -> str:
    return reply.content.decode()


def _nothing(_: Reply) -> None:
    return None


PICTURE: Reader = _picture
TEXT: Reader = _text_of
NOTHING: Reader = _nothing
#: Events are read while they come, not as a whole.
EVENTS: Reader = NOTHING


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, _text(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list | tuple) else [value])
        if item is not None
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return _json(value) if isinstance(value, BaseModel | Mapping) else str(value)


def _json(value: BaseModel | Mapping[str, Any]) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_unset=True, by_alias=True)
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _named(file: FileInput) -> tuple[str, Path | bytes]:
    if isinstance(file, Path):
        return file.name, file
    return file if isinstance(file, tuple) else ("picture", file)
