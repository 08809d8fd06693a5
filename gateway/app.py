"""The application: routes, middleware, and the lifetime of the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway import __version__, openapi
from gateway.dependencies import confirm_operation
from gateway.factory import open_services
from gateway.http import docs, problems
from gateway.http.access_control import AccessControl
from gateway.http.body_limit import BodyLimit
from gateway.http.hosts import HostCheck
from gateway.http.idempotency import Idempotency
from gateway.http.problems import UnhandledErrors
from gateway.http.request_log import HEADER as REQUEST_ID_HEADER
from gateway.http.request_log import RequestLog
from gateway.http.request_metrics import RequestMetrics
from gateway.http.security import SecurityHeaders
from gateway.http.web_page import Page
from gateway.routes import (
    article,
    calibration,
    collections,
    content,
    duplicate_reports,
    duplicates,
    events,
    exports,
    facets,
    health,
    images,
    jobs,
    keys,
    queries,
    reencoding,
    search,
    session,
    sources,
    system,
    uploads,
    webhooks,
)
from shared import log, tracing
from shared.settings import Settings, get_settings

#: Uploaded files larger than this are spooled to disk, so that a thousand fit into memory.
_SPOOL_BYTES = 64 * 1024

_ROUTERS = (
    calibration.router,
    reencoding.router,
    collections.router,
    jobs.router,
    events.router,
    sources.router,
    webhooks.router,
    uploads.router,
    images.router,
    content.router,
    search.router,
    facets.router,
    queries.router,
    duplicates.router,
    duplicate_reports.router,
    exports.router,
    system.router,
    keys.router,
    session.router,
    health.router,
    article.router,
)


class Gateway(FastAPI):
    """FastAPI with the schema of `gateway.openapi`, built once."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = openapi.build(self)
        return self.openapi_schema


def create_app(settings: Settings | None = None) -> FastAPI:
    """The gateway. Without `settings`, reads this process's own and configures its log.

    Nothing connects before the app starts, and the app starts without Redis and Milvus.
    """
    if settings is None:
        settings = get_settings()
        log.configure(settings, "gateway")
    MultiPartParser.spool_max_size = _SPOOL_BYTES

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield
        tracing.stop()

    app = Gateway(
        title="Lookalike",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        middleware=_middleware(settings),
    )
    problems.install(app)
    docs.install(app)
    for router in _ROUTERS:
        app.include_router(router, dependencies=[Depends(confirm_operation)])
    # Not a route: one that matches every path would answer 404 where 405 is right.
    app.router.default = Page()
    tracing.start(settings, "gateway")
    tracing.instrument_app(app)
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """The middleware, outermost first."""
    return [
        # First, as it sets a request's scheme and client. uvicorn's own handling is disabled
        # (`--no-proxy-headers`), so that one setting names the trusted proxies.
        Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
        Middleware(RequestLog, enabled=settings.access_log),
        Middleware(RequestMetrics),
        Middleware(SecurityHeaders, settings=settings),
        Middleware(HostCheck, settings=settings),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[
                "Location",
                "Retry-After",
                "ETag",
                "Content-Disposition",
                REQUEST_ID_HEADER,
            ],
        ),
        Middleware(UnhandledErrors),
        Middleware(AccessControl, settings=settings),
        Middleware(Idempotency),
        Middleware(BodyLimit, max_bytes=settings.max_upload_bytes),
    ]
