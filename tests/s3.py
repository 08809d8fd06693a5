"""Servers that speak S3: moto's, with real buckets, and one that answers as a test wants."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import obstore
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

ACCESS_KEY, SECRET = "AKIAEXAMPLEKEY", "an example secret"


class S3(NamedTuple):
    """A server with an empty bucket, and the settings with which it is reached."""

    endpoint: str
    bucket: str

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "bucket_roots": f"s3://{self.bucket}",
            "s3_endpoint": self.endpoint,
            "s3_access_key_id": ACCESS_KEY,
            "s3_secret_access_key": SECRET,
        }

    @property
    def store(self) -> S3Store:
        return S3Store(
            self.bucket,
            config={
                "endpoint": self.endpoint,
                "region": "us-east-1",
                "access_key_id": ACCESS_KEY,
                "secret_access_key": SECRET,
            },
            client_options={"allow_http": True},
        )

    def put(self, key: str, data: bytes) -> None:
        obstore.put(self.store, key, data)

    def delete(self, *keys: str) -> None:
        obstore.delete(self.store, list(keys))


@contextmanager
def running_s3(bucket: str = "pictures") -> Iterator[S3]:
    """Moto's server in a thread of this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        made = S3(f"http://{host}:{port}", bucket)
        # obstore makes no buckets; moto asks for no signature.
        request(f"{made.endpoint}/{bucket}", "PUT")
        yield made
    finally:
        server.stop()


def request(url: str, method: str) -> None:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request(method, parts.path, headers={"Content-Length": "0"})
    assert connection.getresponse().read() is not None
    connection.close()


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]


@contextmanager
def answering(answer: Callable[[str, str, dict[str, list[str]]], Reply]) -> Iterator[str]:
    """A server that asks `answer` with method, path and query; yields its endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            reply = answer(self.command, parts.path, parse_qs(parts.query))
            self.send_response(reply.status)
            headers = {"Content-Length": str(len(reply.body)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page(keys: list[str], more: str) -> bytes:
    """One reply of ListObjectsV2; `more` is the token of the next page, or ''."""
    entries = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        f'<ETag>"{hash(key) & 0xFFFFFFFF:08x}"</ETag><Size>99</Size></Contents>'
        for key in keys
    )
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
        f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
    ).encode()


def numbered(count: int, page_size: int = 1000) -> Callable[..., Reply]:
    """A bucket of `count` keys, which are made as they are asked for."""

    def answer(_: str, __: str, query: dict[str, list[str]]) -> Reply:
        after = query.get("start-after", ["in/-1"])[0]
        start = int(query.get("continuation-token", [str(int(after[3:12]) + 1)])[0])
        end = min(count, start + page_size)
        body = page([f"in/{n:09}.jpg" for n in range(start, end)], str(end) if end < count else "")
        return Reply(200, body, {"Content-Type": "application/xml"})

    return answer


def stored(keys: Iterable[str], page_size: int = 1000) -> Callable[..., Reply]:
    """A bucket of these keys, each of which may be listed in a folder and after another one."""
    ordered = sorted(keys)

    def answer(_: str, __: str, query: dict[str, list[str]]) -> Reply:
        def asked(name: str) -> str:
            return query.get(name, [""])[0]

        after = asked("continuation-token") or asked("start-after")
        found = [key for key in ordered if key > after and key.startswith(asked("prefix"))]
        shown = found[:page_size]
        body = page(shown, shown[-1] if len(found) > page_size else "")
        return Reply(200, body, {"Content-Type": "application/xml"})

    return answer
