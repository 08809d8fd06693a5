"""Middleware that counts and times requests."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import Metrics


class RequestMetrics:
    """Records every request under its route's template, so that ids make no new time series."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        streams = False

        async def observe(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                streams = any(
                    value.startswith(b"text/event-stream") for _, value in message["headers"]
                )
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            metrics: Metrics = scope["app"].state.services.metrics
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if route != "other" else "other"
            metrics.requests.labels(method, route, str(status)).inc()
            if not streams:
                metrics.request_seconds.labels(method, route).observe(time.perf_counter() - started)
