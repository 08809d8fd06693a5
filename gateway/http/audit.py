"""The audit log: who did what, and what was refused. No line holds a secret."""

from collections.abc import Mapping

from gateway.http.access import Principal
from shared.log import get_logger

_log = get_logger(__name__)


class Audit:
    """What is said of one request. Reads are said at the level `debug`, all else at `info`.

    `collection` is None where it is not known from the path; `parameters` are the path's. The
    request's id, where it has one, is among the log's context variables.
    """

    def __init__(
        self,
        principal: Principal | None,
        *,
        operation: str | None = None,
        action: str | None = None,
        collection: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self._fields = {
            "key": principal and principal.id,
            "key_name": principal and principal.name,
            "operation": operation,
            "action": action,
            "collection": collection,
            "parameters": dict(parameters or {}),
        }
        self._level = _log.debug if action == "read" else _log.info
        self._said = principal is not None and principal.kind == "anybody"

    def granted(self, status: int) -> None:
        """Say once that a request was let through, with the status of its answer."""
        if not self._said:
            self._said = True
            self._level("access_granted", **self._fields, status=status)

    def refused(self, code: str, status: int) -> None:
        """Say that a request was refused, and why."""
        self._said = True
        _log.info("access_refused", **self._fields, code=code, status=status)
