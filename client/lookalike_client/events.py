"""Server-Sent Events of jobs, read piece by piece and resumed where they broke off. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from lookalike_client.call import Call
from lookalike_client.errors import ConnectionFailed, UnexpectedReply, error_of
from lookalike_client.exchange import Retries
from lookalike_client.models import Failure, Job
from lookalike_client.values import JobEvent

T = TypeVar("T")

#: How an event of each name is read; others are left out, as those of a newer server.
_JOBS = ("progress", "end")
_END = "end"
#: The event of a stream over all jobs that says that some changes were lost.
_RESET = "reset"


@dataclass
class _Fields:
    event: str = ""
    data: str = ""


class EventParser:
    """Server-Sent Events, after the WHATWG's HTML Standard, section 9.2.6."""

    def __init__(self) -> None:
        self._rest = ""
        self._begun = False
        self._fields = _Fields()
        #: The id of the last event; None before the first.
        self.last_id: str | None = None
        #: Seconds to wait before a reconnection, if the server said so.
        self.retry: float | None = None

    def reset(self) -> None:
        """Begin with a new connection: an event that was cut off is left out."""
        self._rest, self._begun, self._fields = "", False, _Fields()

    def feed(self, text: str) -> Iterator[tuple[str, str]]:
        """The name and data of each event that this text completes."""
        if not self._begun and text:
            text, self._begun = text.removeprefix("\ufeff"), True
        text = self._rest + text
        # A carriage return at the end may be the half of a line's end.
        held = "\r" if text.endswith("\r") else ""
        lines = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        for line in lines:
            if line:
                self._take(line)
            elif self._fields.data:
                yield self._fields.event or "message", self._fields.data.removesuffix("\n")
                self._fields = _Fields()
            else:
                self._fields = _Fields()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._fields.data += value + "\n"
        elif name == "event":
            self._fields.event = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000


class EventFeed(Generic[T]):
    """A stream of events over as many connections as it takes.

    Who runs it waits `wait` seconds, sends `request`, tells `opened` the head of the reply (and,
    of an error, its body), hands on what comes to `take`, and tells `lost` when it ends, until
    `ended`.
    """

    def __init__(self, call: Call[T], retries: Retries) -> None:
        self._call = call
        self._retries = retries
        self._parser = EventParser()
        self._of_one_job = "job" in call.path
        self._in_vain = 0
        #: Seconds to wait before the next connection.
        self.wait = 0.0
        #: Whether there is nothing more to come.
        self.ended = False

    @property
    def request(self) -> Call[T]:
        """What to send: the call, from the last event on."""
        last_id = self._parser.last_id
        return self._call.with_header("Last-Event-ID", last_id) if last_id else self._call

    def opened(self, status: int, headers: dict[str, str], content: bytes = b"") -> bool:
        """Whether events follow. Raises an ApiError that no new try would mend."""
        self._parser.reset()
        if status == 204:
            self.ended = True
        elif status == 200:
            if not self._of_one_job:
                # It may have nothing to say for long.
                self._in_vain = 0
            return True
        else:
            error = error_of(status, headers, content)
            if status not in (429, 502, 503):
                raise error
            self._failed(error, getattr(error, "retry_after", None))
        return False

    def take(self, text: str) -> Iterator[JobEvent]:
        """The events that a piece of the stream completes."""
        for name, data in self._parser.feed(text):
            self._in_vain = 0
            event = self._read(name, data)
            if event is not None:
                self.ended = self.ended or (name == _END and self._of_one_job)
                yield event

    def lost(self, error: ConnectionFailed | None = None) -> None:
        """The connection ended, or never was. Raises ConnectionFailed after too many in vain."""
        if not self.ended:
            self._failed(error or ConnectionFailed("The stream of events ended early."), None)

    def _failed(self, error: Exception, wait: float | None) -> None:
        self._in_vain += 1
        if self._in_vain >= self._retries.attempts:
            raise error
        if wait is None:
            wait = self._parser.retry if self._in_vain == 1 else None
        self.wait = self._retries.wait(self._in_vain) if wait is None else wait

    def _read(self, name: str, data: str) -> JobEvent | None:
        try:
            if name in _JOBS:
                return JobEvent(name, self._parser.last_id, job=Job.model_validate_json(data))
            if name == _RESET:
                return JobEvent(name, self._parser.last_id)
            if name == "failure":
                failure = Failure.model_validate_json(data)
                return JobEvent(name, self._parser.last_id, failure=failure)
        except ValidationError as error:
            raise UnexpectedReply(f"An event `{name}` is not what this client knows.") from error
        return None
