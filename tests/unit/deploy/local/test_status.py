"""The status messages while the stack starts, runs, loses a part and has it again."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.local import status as module
from deploy.local.status import StatusReporter
from shared.settings import Settings
from tests.services import free_port

OK, AWAY = {"state": "ok", "age_seconds": 1.0}, {"state": "away", "age_seconds": None}


class Gateway(ThreadingHTTPServer):
    """Answers what a test sets; remembers the API keys it was shown."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: set[str | None] = set()
        self.readiness: dict[str, Any] = {}
        self.system: dict[str, Any] = {"weights": "imagenet-4a1ffb70", "untrained": False}

    def set_away(self, *parts: str) -> None:
        states = {part: AWAY if part in parts else OK for part in ("redis", "milvus", "encoder")}
        self.readiness = {"status": "not_ready" if parts else "ready", **states}


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        self.server.keys.add(self.headers["X-API-Key"])
        ready = self.path == "/health/ready"
        body = self.server.readiness if ready else self.server.system
        self.send_response(503 if ready and body["status"] != "ready" else 200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: object) -> None:
        """Say nothing: the test's output is the launcher's."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def status(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatusReporter:
    monkeypatch.setattr(module, "_STARTING", 0.0)
    monkeypatch.setattr(module, "_RUNNING", 0.0)
    return StatusReporter(
        Settings(
            port=gateway.server_port,
            data_dir=tmp_path,
            image_roots=(tmp_path,),
            api_keys=("first-key", "second-key"),
        )
    )


def test_says_addresses_once_it_is_ready(
    status: StatusReporter, gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.set_away("encoder")
    status.check()
    status.check()
    assert capsys.readouterr().out == "  waiting for: encoder\n"
    gateway.set_away()
    status.check()
    status.check()
    lines = [line.split(None, 1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        ["Page", f"http://127.0.0.1:{gateway.server_port}/"],
        ["API", f"http://127.0.0.1:{gateway.server_port}/docs"],
        ["Pictures", str(tmp_path)],
        ["Data", str(tmp_path)],
        ["Logs", str(tmp_path / "logs")],
        ["Weights", "imagenet-4a1ffb70"],
    ]
    assert gateway.keys == {"first-key"}


def test_untrained_weights_are_said_loudly(
    status: StatusReporter, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.system = {"weights": "untrained-1b2c3d4e", "untrained": True}
    gateway.set_away()
    status.check()
    assert "untrained-1b2c3d4e (random: " in capsys.readouterr().out


def test_tells_what_is_away_and_back(
    status: StatusReporter, gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.set_away()
    status.check()
    capsys.readouterr()
    gateway.set_away("milvus", "redis")
    status.check()
    status.check()
    logs = f"{tmp_path}/logs/milvus.log and {tmp_path}/logs/valkey.log"
    assert capsys.readouterr().out == f"Away: milvus, redis; see {logs}\n"
    gateway.set_away()
    status.check()
    assert capsys.readouterr().out == "Everything answers again.\n"


def test_gateway_that_does_not_answer_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_REMIND", 0.0)
    StatusReporter(Settings(port=free_port(), data_dir=tmp_path)).check()
    expected = f"Still waiting for: gateway; see {tmp_path}/logs/gateway.log\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("photos.example", "http://photos.example:80"),
    ],
)
def test_url_is_one_that_this_machine_can_open(host: str, url: str) -> None:
    assert StatusReporter(Settings(host=host, port=80)).url == url
