"""The synchronous client."""

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from lookalike_client.call import Call
from lookalike_client.errors import ConnectionFailed, LookalikeError
from lookalike_client.events import EventFeed
from lookalike_client.exchange import Answer, Retries, perform, prepared
from lookalike_client.http import (
    STREAM_TIMEOUT,
    Server,
    failure_of,
    headers_of,
    reply_of,
    request_of,
)
from lookalike_client.methods import Calls
from lookalike_client.uploads import BatchOutcome, FolderUpload
from lookalike_client.values import JobEvent

T = TypeVar("T")


class Client(Calls):
    """Lookalike's API. Threads may share it. Methods raise `LookalikeError`.

    `url` and `api_key` are LOOKALIKE_URL and LOOKALIKE_API_KEY unless given. `timeout` is in
    seconds, for each wait for the server.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = Server.named(url, api_key)
        self.retries = retries or Retries()
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self._server.url,
            headers=self._server.headers,
            timeout=timeout,
            transport=transport,
        )

    @property
    def url(self) -> str:
        """The server's address."""
        return self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def run(self, call: Call[T], retries: Retries | None = None) -> T:
        """Perform a call of `lookalike_client.calls`."""
        return self._run(call, retries or self.retries, self._sleep)

    def follow(self, call: Call[JobEvent]) -> Iterator[JobEvent]:
        """The events of a call that streams them, over as many connections as it takes."""
        feed = EventFeed(call, self.retries)
        while not feed.ended:
            self._sleep(feed.wait)
            try:
                with (
                    request_of(feed.request) as request,
                    self._http.stream(**request, timeout=STREAM_TIMEOUT) as response,
                ):
                    if response.status_code != 200:
                        response.read()
                        feed.opened(response.status_code, headers_of(response), response.content)
                        continue
                    feed.opened(200, headers_of(response))
                    for text in response.iter_text():
                        yield from feed.take(text)
                feed.lost()
            except httpx.TransportError as error:
                feed.lost(failure_of(error, self.url))

    def upload_folder(self, upload: FolderUpload, *, parallel: int = 4) -> Iterator[BatchOutcome]:
        """Upload what a folder holds, `parallel` batches at once; the outcome of each as it ends.

        What the collection has already is not sent, so that an upload that broke off is resumed
        by doing it again. Raises what the server answered if it takes no uploads at all.
        """
        batches = upload.batches(self.get_system())
        stopped = Event()

        def sleep(seconds: float) -> None:
            if stopped.wait(seconds):
                raise ConnectionFailed("The upload was stopped.")

        with ThreadPoolExecutor(parallel, thread_name_prefix="upload") as pool:

            def start(count: int) -> set[Future[BatchOutcome]]:
                return {
                    pool.submit(self._drive, upload.steps(batch), sleep)
                    for batch in islice(batches, count)
                }

            running = start(parallel)
            try:
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    running |= start(len(done))
                    yield from (future.result() for future in done)
            finally:
                stopped.set()

    def _run(self, call: Call[T], retries: Retries, sleep: Callable[[float], None]) -> T:
        call = prepared(call)
        steps = perform(call, retries)
        try:
            step = next(steps)
            while True:
                if step is None:
                    step = steps.send(self._send(call))
                else:
                    sleep(step)
                    step = next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _drive(self, steps: Generator[Call[Any], Any, T], sleep: Callable[[float], None]) -> T:
        """Perform the calls of a procedure one after the other; returns what it returns."""
        try:
            call = next(steps)
            while True:
                try:
                    result = self._run(call, FolderUpload.retries, sleep)
                except LookalikeError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as stop:
            value: T = stop.value
            return value

    def _send(self, call: Call[Any]) -> Answer:
        try:
            with request_of(call) as request:
                return reply_of(self._http.request(**request))
        except httpx.TransportError as error:
            failed: ConnectionFailed = failure_of(error, self.url)
            return failed
