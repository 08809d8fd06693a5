"""A web server within the test's process, whose pages do as each test says."""

import contextlib
import io
import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.fetch.addresses import Address
from shared.fetch.fetcher import Fetcher, FetchLimits
from shared.settings import Settings

#: What the formats' first bytes tell to be a picture.
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4

Page = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """The server: its pages by path, and the paths that were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        #: The headers and bodies that were posted.
        self.posted: list[tuple[dict[str, str], bytes]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.asked.append(self.path)
                web.hosts.append(self.headers["Host"])
                with contextlib.suppress(ConnectionError):
                    web.pages.get(self.path, reply(404))(self)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                web.posted.append((dict(self.headers), self.rfile.read(length)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.socket.close()

    def url(self, path: str = "/", host: str = "pictures.example") -> str:
        return f"http://{host}:{self.port}{path}"


def reply(status: int, body: bytes = b"", **headers: str) -> Page:
    """A page of this status and body; `_` in the names of headers stands for `-`."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


class Names:
    """A resolver: each look-up of a name takes its next answer, and the last one stays."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        answers = self._answers.get(host)
        if answers is None:
            raise OSError("no such name")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ipaddress.ip_address(text) for text in answer]


#: The fetchers of a test, to be closed with it.
opened: list[Fetcher] = []


def fetcher(names: Names, allow: str = "127.0.0.0/8", **settings: object) -> Fetcher:
    """A fetcher that asks `names`."""
    opened.append(Fetcher(Settings(fetch_allow=allow, **settings), names))  # type: ignore[arg-type]
    return opened[-1]


def fetch(
    fetcher: Fetcher, url: str, *, limit: int = 1 << 20, seconds: float = 20, tries: int = 1
) -> bytes:
    """What is at an address."""
    into = io.BytesIO()
    fetcher.fetch(url, into, FetchLimits(limit, seconds, tries), threading.Event())
    return into.getvalue()
