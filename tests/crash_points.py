"""Named points before and after every call that changes a store or renames a file.

A process ends at one of them as by SIGKILL. Only tests know them: they wrap the clients of the
stores and the system's calls, and production code holds nothing of it.
"""

import contextlib
import hashlib
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from unittest.mock import patch

import redis
from pymilvus import MilvusClient

from shared.ledger import scripts

#: Redis commands that leave nothing changed.
_READS = re.compile(
    r"B[LR]POP|EXISTS|M?GET|H(EXISTS|M?GET|GETALL|KEYS|LEN)|L(INDEX|LEN|RANGE)"
    r"|INFO|PING|SELECT|TIME|TTL|TYPE|SCRIPT LOAD|SCAN|X(RANGE|READ)"
    r"|S(CARD|ISMEMBER|MEMBERS|MISMEMBER)|Z(CARD|SCORE|(REV)?RANGE(BYSCORE)?)"
)
_TRANSACTIONS = {
    hashlib.sha1(text.encode()).hexdigest(): name.lower()
    for name, text in vars(scripts).items()
    if name.isupper() and isinstance(text, str)
}
_MILVUS_WRITES = (
    *("upsert", "insert", "delete"),
    *("create_collection", "alter_collection_properties", "drop_partition", "drop_collection"),
)
_FILE_CALLS = ("replace", "rename", "unlink")


class Killed(SystemExit):
    """What is left of a thread whose process was killed."""


class Point(NamedTuple):
    """Before or after the `number`-th of a process's calls of one name, counted from 1."""

    call: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.call} {self.number}"

    @classmethod
    def of(cls, text: str) -> "Point":
        """The point of a string."""
        when, _, rest = text.partition(" ")
        call, _, number = rest.rpartition(" ")
        return cls(call, int(number), when == "after")


class Doomed:
    """A process that ends at `point`, if there is one; `kill` ends it.

    A killed process is one that has no effect any more: its later calls are not made.
    """

    def __init__(self, point: Point | None, kill: Callable[[], None] = lambda: None) -> None:
        self.point = point
        self.dead = threading.Event()
        #: The names of all calls, in their order.
        self.calls: list[str] = []
        self._kill = kill
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def points(self) -> Iterator[Point]:
        """Before and after each call that was made."""
        counts: Counter[str] = Counter()
        for call in self.calls:
            counts[call] += 1
            yield Point(call, counts[call], after=False)
            yield Point(call, counts[call], after=True)

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        """Run a call, unless the process is dead or dies of it. Raises Killed."""
        with self._lock:
            self._counts[name] += 1
            number = self._counts[name]
            self.calls.append(name)
        self._end_at(Point(name, number, after=False))
        result = run()
        self._end_at(Point(name, number, after=True))
        return result

    def _end_at(self, point: Point) -> None:
        if point == self.point:
            self.dead.set()
            self._kill()
        if self.dead.is_set():
            raise Killed


class CrashPoints:
    """Tells the calls of each process, which is that of the calling thread, or of all threads."""

    def __init__(self, whole: Doomed | None = None) -> None:
        self._whole = whole
        self._thread = threading.local()

    @contextlib.contextmanager
    def process(self, doomed: Doomed, role: str) -> Iterator[None]:
        """What this thread calls is a call of `doomed`, named after the thread's `role`."""
        self._thread.process = doomed
        self._thread.role = f"{role}: "
        try:
            yield
        finally:
            del self._thread.process

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """While this holds, calls are told to their process."""
        with contextlib.ExitStack() as stack:
            for owner, method, name in _wrapped():
                original = getattr(owner, method)
                stack.enter_context(patch.object(owner, method, self._around(original, name)))
            yield

    def _around(self, original: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            process: Doomed | None = getattr(self._thread, "process", self._whole)
            told = name(*args)
            if process is None or not told:
                return original(*args, **kwargs)
            told = getattr(self._thread, "role", "") + told
            return process.call(told, lambda: original(*args, **kwargs))

        return call


def _wrapped() -> Iterator[tuple[Any, str, Callable[..., str]]]:
    """Owners and names of the calls, and what tells a call's name, empty if it is no point."""
    yield redis.Redis, "execute_command", lambda _client, *args, **_: _command(args)
    yield redis.client.Pipeline, "execute", lambda pipeline, *_: _transaction(pipeline)
    for method in _MILVUS_WRITES:
        yield MilvusClient, method, lambda *_, told=f"milvus {method}": told
    for method in _FILE_CALLS:
        yield os, method, lambda *_, told=f"file {method}": told


def _command(args: Sequence[Any]) -> str:
    command = str(args[0]).upper()
    if command == "EVALSHA":
        return _TRANSACTIONS.get(str(args[1]), "script")
    return "" if _READS.fullmatch(command) else command


def _transaction(pipeline: Any) -> str:
    told = [_command(args) for args, _ in pipeline.command_stack]
    return "+".join(dict.fromkeys(filter(None, told)))
