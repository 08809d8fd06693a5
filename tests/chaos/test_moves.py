"""An encoder killed in the middle of a load of renamed and exchanged files: nothing is lost."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.files.uris import file_path
from tests.stack import Stack

pytestmark = pytest.mark.chaos

COUNT = 48


@pytest.fixture
def folder(chaos_stack: Stack, photos: list[Path]) -> Iterator[Path]:
    """A folder of photos, each with a time of its own."""
    made = chaos_stack.image_root / "moves"
    made.mkdir()
    for index, photo in enumerate(photos[:COUNT]):
        copy = made / f"{index:02}.jpg"
        shutil.copyfile(photo, copy)
        os.utime(copy, (index, index))
    yield made
    shutil.rmtree(made)


def shuffle(folder: Path) -> None:
    """Half of the files rotate among their names, the others are renamed."""
    paths = sorted(folder.iterdir())
    rotating, renamed = paths[: COUNT // 2], paths[COUNT // 2 :]
    held = folder / "held"
    rotating[-1].rename(held)
    for path in reversed(rotating[:-1]):
        path.rename(rotating[rotating.index(path) + 1])
    held.rename(rotating[0])
    for path in renamed:
        path.rename(path.with_name(f"new {path.name}"))


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.mark.parametrize("mode", ["skip", "keep"])
def test_an_encoder_killed_while_files_move(chaos_stack: Stack, folder: Path, mode: str) -> None:
    collection = f"moves_{mode}"
    first = chaos_stack.wait_job(chaos_stack.load(collection, folder)["id"])
    assert first["indexed"] == COUNT
    added = {image["sha256"]: image["added_at"] for image in chaos_stack.images(collection)}
    shuffle(folder)

    job = chaos_stack.load(collection, folder, on_duplicate=mode, sync=True)
    encoder = chaos_stack.processes["encoder1"]
    chaos_stack.wait_done(job["id"], 1)
    encoder.kill()
    encoder.start()

    job = chaos_stack.wait_job(job["id"])
    assert job["status"] == "done", job
    assert job["done"] == job["total"] == job["unchanged"] == job["moved"] == COUNT, job
    assert job["removed"] == 0
    images = list(chaos_stack.images(collection))
    assert {file_path(i["uri"]).name: i["sha256"] for i in images} == contents(folder)
    assert {image["sha256"]: image["added_at"] for image in images} == added
    assert chaos_stack.client.delete(f"/api/v2/collections/{collection}").status_code == 204
