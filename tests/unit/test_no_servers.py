"""The check of tests/unit/conftest.py: a unit test cannot reach a server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.redis import connect
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from tests.services import Valkey

#: A server of one port, which it prints.
_SERVER = (
    "import socket, time\n"
    "server = socket.create_server(('127.0.0.1', 0))\n"
    "print(server.getsockname()[1], flush=True)\n"
    "time.sleep(60)\n"
)

refused = pytest.raises(pytest.fail.Exception, match="tests/integration")


@pytest.fixture
def foreign_port() -> Iterator[int]:
    """A port that another process listens on."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.mark.parametrize("fixture", ["valkey", "milvus", "redis", "settings", "stack"])
def test_fixtures_of_servers_are_refused(fixture: str, request: pytest.FixtureRequest) -> None:
    with refused:
        request.getfixturevalue(fixture)


def test_a_server_is_not_started(tmp_path: Path) -> None:
    with refused:
        Valkey(tmp_path)


def test_another_process_is_not_reached(foreign_port: int, base_settings: Settings) -> None:
    url = type(base_settings.redis_url)(f"redis://127.0.0.1:{foreign_port}/0")
    client = connect(base_settings.model_copy(update={"redis_url": url}))
    with refused:
        client.ping()
    client.close()


def test_milvus_is_not_reached(base_settings: Settings) -> None:
    milvus = MilvusConnection(base_settings)
    with refused:
        Collections(milvus, base_settings).list()
    milvus.close()


def test_servers_of_this_process_are_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
