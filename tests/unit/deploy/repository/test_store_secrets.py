"""The passwords of compose.yaml's stores: from a variable, else from a file, else no start."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.deploy.repository import compose

#: For each store what it reads its secrets from, as variables and as files, and its program.
STORES = {
    "redis": ({"REDIS_PASSWORD": "redis_password"}, "valkey-server"),
    "milvus": (
        {
            "MILVUS_PASSWORD": "milvus_password",
            "MINIO_USER": "minio_user",
            "MINIO_PASSWORD": "minio_password",
        },
        "milvus",
    ),
    "minio": (
        {"MINIO_ROOT_USER": "minio_user", "MINIO_ROOT_PASSWORD": "minio_password"},
        "minio",
    ),
}


def start(
    store: str, folder: Path, variables: dict[str, str], files: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a store's command, with a program in the store's place that prints what it was given."""
    found = compose.services(compose.COMPOSE, compose.filled())[store]
    script = (found.get("entrypoint") or found["command"])[-1]
    names, program = STORES[store]
    secrets, programs = folder / "secrets", folder / "bin"
    secrets.mkdir()
    programs.mkdir()
    for file in names.values():
        (secrets / file).write_text(files.get(file, ""))
    stub = programs / program
    stub.write_text('#!/bin/sh\nenv\nif [ "$1" = - ]; then cat; fi\n')
    stub.chmod(0o755)
    return subprocess.run(
        ["sh", "-c", script.replace("/run/secrets", str(secrets))],
        env={"PATH": f"{programs}:{os.environ['PATH']}", **dict.fromkeys(names, ""), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("store", STORES)
def test_a_store_takes_its_secrets_from_variables(store: str, tmp_path: Path) -> None:
    names = STORES[store][0]
    files = dict.fromkeys(names.values(), "from-the-file")
    done = start(store, tmp_path, {name: f"{name}-given" for name in names}, files)
    assert done.returncode == 0, done.stderr
    assert all(f"{name}-given" in done.stdout for name in names)
    assert "from-the-file" not in done.stdout


@pytest.mark.parametrize("store", STORES)
def test_a_store_takes_its_secrets_from_files(store: str, tmp_path: Path) -> None:
    files = {file: f"{file}-of-the-file\n" for file in STORES[store][0].values()}
    done = start(store, tmp_path, {}, files)
    assert done.returncode == 0, done.stderr
    assert all(text.strip() in done.stdout for text in files.values())


@pytest.mark.parametrize(
    ("store", "absent"), [(store, name) for store, (names, _) in STORES.items() for name in names]
)
def test_a_store_does_not_start_without_one_of_them(
    store: str, absent: str, tmp_path: Path
) -> None:
    names = STORES[store][0]
    done = start(store, tmp_path, {name: "given" for name in names if name != absent}, {})
    assert done.returncode != 0
    assert "set " in done.stderr
    assert ".env" in done.stderr


def test_redis_s_password_may_hold_any_character(tmp_path: Path) -> None:
    done = start("redis", tmp_path, {"REDIS_PASSWORD": 'a"b\\c $x #'}, {})
    assert 'requirepass "a\\"b\\\\c $x #"\n' in done.stdout
