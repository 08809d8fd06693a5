"""Unit tests start no server and reach none: what needs one is in tests/integration.

A unit test fails when it asks for a fixture of a server, starts one itself, or connects to a port
that another process listens on. A server within the test's own process, such as a test's HTTP
server, is allowed.
"""

import socket
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pytest

from tests import services

_INTERNET = (socket.AF_INET, socket.AF_INET6)


def _refuse(what: str) -> NoReturn:
    pytest.fail(f"A unit test {what}; tests that need a server belong in tests/integration.")


@pytest.fixture(scope="session")
def valkey() -> None:
    _refuse("asked for Valkey")


@pytest.fixture(scope="session")
def milvus() -> None:
    _refuse("asked for Milvus")


@pytest.fixture(scope="session")
def stack() -> None:
    _refuse("asked for the whole system")


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test that starts one of tests/services.py or connects to another process."""
    own_ports: set[int] = set()
    listen, connect = socket.socket.listen, socket.socket.connect

    def recording_listen(self: socket.socket, *backlog: int) -> None:
        listen(self, *backlog)
        if self.family in _INTERNET:
            own_ports.add(self.getsockname()[1])

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in _INTERNET and address[1] not in own_ports:
            # Tried apart, since this socket may be one that does not wait for the answer.
            with socket.socket(self.family) as probe:
                probe.settimeout(1)
                try:
                    connect(probe, address)
                except OSError:
                    pass  # nobody listens, as tests of outages want it
                else:
                    self.close()
                    _refuse(f"connected to {address[0]}:{address[1]}")
        connect(self, address)

    def no_process(*_: object, **__: object) -> NoReturn:
        _refuse("started a server")

    def no_channel(*_: object, **__: object) -> NoReturn:
        _refuse("connected to Milvus")

    monkeypatch.setattr(socket.socket, "listen", recording_listen)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(services.Process, "start", no_process)
    for module in (grpc, grpc.aio):
        monkeypatch.setattr(module, "insecure_channel", no_channel)
        monkeypatch.setattr(module, "secure_channel", no_channel)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root
