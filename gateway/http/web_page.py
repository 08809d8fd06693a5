"""Serves the page that Vite built, or says how to build it."""

import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from gateway.http.security import route_path

DIST = Path(__file__).parent.parent / "web" / "dist"

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
_IMMUTABLE = "public, max-age=31536000, immutable"
#: A wrong address below these is 404; any other one may be a view of the page.
_NOT_THE_PAGE = re.compile(r"^/(api|data|health|metrics|docs|redoc|assets|openapi\.json)(/|$)")
_MISSING = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Lookalike</title></head>
<body>
<h1>Lookalike is running</h1>
<p>The page has not been built. Install Node.js, run <code>make page</code>, and reload.</p>
<p>The API needs no page: <a href="docs">its documentation</a> lists every call.</p>
</body>
</html>
"""


class Page:
    """Answers what no route does: the page's files, and index.html for its views' addresses."""

    def __init__(self, dist: Path = DIST) -> None:
        self._dist = dist
        self._files = StaticFiles(directory=dist, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # How Starlette itself refuses a WebSocket.
            await send({"type": "websocket.close", "code": 1000})
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = route_path(request.scope)
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(404)
        if path != "/" and (found := await self._file(path, request)):
            return found
        wants_page = "text/html" in Headers(scope=request.scope).get("accept", "")
        if path != "/" and (not wants_page or _NOT_THE_PAGE.match(path)):
            raise HTTPException(404)
        return self._index()

    async def _file(self, path: str, request: Request) -> Response | None:
        """A built file other than index.html, or None if there is none of that name."""
        name = path.removeprefix("/")
        if name == "index.html" or not self._dist.is_dir():
            return None
        gzipped = "gzip" in request.headers.get("accept-encoding", "")
        response = await self._read(f"{name}.gz", request.scope) if gzipped else None
        if response is not None and response.status_code == 200:
            # StaticFiles has set the media type of the uncompressed file.
            response.headers["Content-Encoding"] = "gzip"
        response = response or await self._read(name, request.scope)
        if response is not None:
            cache_control = _IMMUTABLE if name.startswith("assets/") else "no-cache"
            response.headers["Cache-Control"] = cache_control
            response.headers["Vary"] = "Accept-Encoding"
        return response

    async def _read(self, name: str, scope: Scope) -> Response | None:
        try:
            return await self._files.get_response(name, scope)
        except HTTPException:
            return None

    def _index(self) -> Response:
        index = self._dist / "index.html"
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        if index.is_file():
            return FileResponse(index, headers=headers, media_type="text/html")
        return HTMLResponse(_MISSING, headers=headers)
