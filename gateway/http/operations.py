"""Which operation of the API a request is for, known before its body is read."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from gateway.http.permissions import RULES, UNKNOWN, Rule

#: Paths that need a key. The others are the page's static files, the docs and the health checks.
GUARDED = ("/api/", "/data/", "/metrics")


class Operation(NamedTuple):
    """An operation, and the parameters that a request's path has for it."""

    name: str
    rule: Rule
    parameters: Mapping[str, str]


class Operations:
    """The operations of an application, found as its router finds them.

    A request that the router sent elsewhere all the same is refused there, by
    `gateway.dependencies.confirm_operation`.
    """

    def __init__(self, app: FastAPI) -> None:
        self._routes: Sequence[Any] = [
            context
            for context in iter_route_contexts(app.routes)
            if context.methods and str(context.path_format).startswith(GUARDED)
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """None where there is no such path, or not with this method."""
        for route in self._routes:
            match = route.path_regex.match(path)
            if match is not None and method in route.methods:
                name: str = route.name
                return Operation(name, RULES.get(name, UNKNOWN), match.groupdict())
        return None
