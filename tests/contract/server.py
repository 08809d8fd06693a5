"""The gateway behind a real HTTP server, in a thread of the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp

from gateway.app import create_app
from shared.settings import Settings
from tests.services import wait_until


def serving(settings: Settings) -> AbstractContextManager[httpx.Client]:
    """A client of a gateway with these settings."""
    return serving_app(create_app(settings))


@contextmanager
def serving_app(app: ASGIApp) -> Iterator[httpx.Client]:
    """A client of an application behind a server."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        timeout_graceful_shutdown=1,
        # As in every command that starts the gateway: it reads these headers itself.
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started and server.servers, 20, "the gateway")
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=20)
