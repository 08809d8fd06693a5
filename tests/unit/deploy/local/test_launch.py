"""The launcher's errors: one message, status 2, no traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from deploy.local.data_dir import DataDir, LaunchError, Stores
from deploy.local.launch import check_image_roots, environment, read_settings, valkey_configuration
from shared.settings import Settings
from tests.services import free_port

Launch = Callable[[Mapping[str, str]], str]


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Run the launcher with these settings beside good ones; returns its message."""
    (tmp_path / "pictures").mkdir()
    good = {
        "LOOKALIKE_IMAGE_ROOTS": str(tmp_path / "pictures"),
        "LOOKALIKE_DATA_DIR": str(tmp_path / "data"),
        "LOOKALIKE_PORT": str(free_port()),
    }
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LOOKALIKE_")}

    def run(settings: Mapping[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local.launch"],
            env={**clean, **good, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stderr == ""
        assert done.stdout.startswith("Lookalike cannot start. ")
        return done.stdout

    return run


def test_no_image_root(launch: Launch) -> None:
    assert "make run IMAGES=/path/to/pictures" in launch({"LOOKALIKE_IMAGE_ROOTS": ""})


def test_missing_image_root(launch: Launch, tmp_path: Path) -> None:
    message = launch({"LOOKALIKE_IMAGE_ROOTS": str(tmp_path / "nowhere")})
    assert f"There is no folder {tmp_path / 'nowhere'}." in message
    assert "make run IMAGES=" in message


def test_one_missing_among_several(launch: Launch, tmp_path: Path) -> None:
    roots = f"{tmp_path / 'pictures'}:{tmp_path / 'nowhere'}"
    assert f"no folder {tmp_path / 'nowhere'}." in launch({"LOOKALIKE_IMAGE_ROOTS": roots})


def test_file_as_image_root(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"\xff\xd8\xff")
    message = launch({"LOOKALIKE_IMAGE_ROOTS": str(tmp_path / "cat.jpg")})
    assert "cat.jpg is a file, not a folder." in message


def test_image_root_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Said by os.access itself only to users who are not root.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LaunchError, match="may not be read by this user"):
        check_image_roots(Settings(image_roots=(tmp_path,)))


def test_taken_port(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        message = launch({"LOOKALIKE_PORT": str(port)})
    assert f"Port {port} is taken by another program." in message
    assert f"PORT={port + 1}" in message


def test_address_that_is_not_here(launch: Launch) -> None:
    assert "may not listen on 192.0.2.1:" in launch({"LOOKALIKE_HOST": "192.0.2.1"})


def test_same_data_directory_twice(launch: Launch, tmp_path: Path) -> None:
    DataDir.take(tmp_path / "data")
    message = launch({})
    assert f"process {os.getpid()}" in message
    assert "DATA_DIR=" in message


def test_settings_that_do_not_fit(launch: Launch) -> None:
    message = launch({"LOOKALIKE_PORT": "eighty", "LOOKALIKE_POOLING": "mean"})
    assert "LOOKALIKE_PORT: " in message
    assert "LOOKALIKE_POOLING: " in message


def test_setting_that_is_no_json(launch: Launch) -> None:
    assert "index_params" in launch({"LOOKALIKE_INDEX_PARAMS": "M=16"})


def test_relative_paths_and_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOOKALIKE_IMAGE_ROOTS", "pictures:~/photos")
    monkeypatch.setenv("LOOKALIKE_DATA_DIR", "data")
    settings = read_settings()
    assert settings.image_roots == (tmp_path / "pictures", tmp_path / "home" / "photos")
    env = environment(settings, Stores(redis_port=1, redis_password="word", milvus_port=2))
    assert env["LOOKALIKE_IMAGE_ROOTS"] == f"{tmp_path}/pictures:{tmp_path}/home/photos"
    assert env["LOOKALIKE_DATA_DIR"] == str(tmp_path / "data")


def test_stores_are_this_stack_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_REDIS_URL", "redis://elsewhere:6379/0")
    stores = Stores(redis_port=20001, redis_password="word", milvus_port=20002)
    env = environment(read_settings(), stores)
    assert env["LOOKALIKE_REDIS_URL"] == "redis://:word@127.0.0.1:20001/0"
    assert env["LOOKALIKE_MILVUS_URI"] == "http://127.0.0.1:20002"


def test_valkey_is_closed_and_forgets_nothing() -> None:
    text = valkey_configuration(Stores(redis_port=20001, redis_password="word", milvus_port=2))
    lines = text.splitlines()
    assert {"bind 127.0.0.1", "port 20001", "requirepass word"} <= set(lines)
    (maximum,) = [line.split()[1] for line in lines if line.startswith("maxmemory ")]
    assert 256 << 20 <= int(maximum) < psutil.virtual_memory().total
    assert {"appendonly yes", "maxmemory-policy noeviction"} <= set(lines)
