"""deploy.local.data_dir: one stack per directory, and ports that stay the same."""

import os
import socket
import stat
from pathlib import Path

import pytest

from deploy.local.data_dir import STORE_PORTS, DataDir, LaunchError, port_is_free
from tests.services import free_port


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir.take(tmp_path / "data")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def test_directory_is_made_for_its_owner_alone(data_dir: DataDir) -> None:
    assert mode(data_dir.path) == 0o700
    assert {path.name for path in data_dir.path.iterdir()} >= {"logs", "valkey", "milvus"}


def test_second_stack_on_the_same_directory_is_refused(data_dir: DataDir) -> None:
    with pytest.raises(LaunchError, match=f"process {os.getpid()}") as caught:
        DataDir.take(data_dir.path)
    assert "DATA_DIR=" in str(caught.value)


def test_directory_is_free_again_once_the_lock_is_closed(data_dir: DataDir) -> None:
    os.close(data_dir.lock)
    assert DataDir.take(data_dir.path).path == data_dir.path


def test_directory_stays_taken_while_a_child_holds_the_lock(data_dir: DataDir) -> None:
    # As when the launcher was killed and its supervisor is still stopping things.
    inherited = os.dup(data_dir.lock)
    os.close(data_dir.lock)
    with pytest.raises(LaunchError):
        DataDir.take(data_dir.path)
    os.close(inherited)


def test_file_in_the_directory_s_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("I am a file")
    with pytest.raises(LaunchError, match="cannot be written"):
        DataDir.take(tmp_path / "data")


def test_ports_and_password_are_remembered(data_dir: DataDir) -> None:
    first = data_dir.stores()
    assert data_dir.stores() == first
    assert first.redis_port != first.milvus_port
    assert {first.redis_port, first.milvus_port} <= set(STORE_PORTS)
    assert len(first.redis_password) >= 32
    assert mode(data_dir.path / "stores.json") == 0o600


def test_a_port_that_was_taken_meanwhile_is_replaced(data_dir: DataDir) -> None:
    first = data_dir.stores()
    with listen(first.redis_port):
        second = data_dir.stores()
    assert second.redis_port != first.redis_port
    assert second.milvus_port == first.milvus_port
    assert second.redis_password == first.redis_password


def test_damaged_memory_is_replaced(data_dir: DataDir) -> None:
    (data_dir.path / "stores.json").write_text("{")
    assert data_dir.stores().redis_port in STORE_PORTS


def test_two_stacks_have_ports_and_passwords_of_their_own(tmp_path: Path) -> None:
    one, other = (DataDir.take(tmp_path / name).stores() for name in ("one", "other"))
    assert one.redis_password != other.redis_password
    assert one.redis_url != other.redis_url


def test_port_is_free_until_someone_listens() -> None:
    port = free_port()
    assert port_is_free("127.0.0.1", port)
    with listen(port):
        assert not port_is_free("127.0.0.1", port)


def test_address_of_another_machine_is_an_error() -> None:
    # 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    with pytest.raises(OSError, match="address"):
        port_is_free("192.0.2.1", 8000)
