"""One stack for all tests; each loads its own collection and restarts what it killed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import test_data as find_test_data
from tests.drawn import draw_files
from tests.stack import Stack, running_stack

COUNT = 128


@pytest.fixture(scope="package")
def chaos_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("chaos")
    root = folder / "pictures"
    data = find_test_data()
    if data is None:
        draw_files(root, COUNT)
    else:
        for source in sorted((data / "clothing").rglob("*.jpg"))[::4][:COUNT]:
            target = root / source.parent.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    with running_stack(folder, root, chunk_size="8", max_pending_chunks="8") as stack:
        yield stack


@pytest.fixture(scope="package")
def photos(chaos_stack: Stack) -> list[Path]:
    return sorted(chaos_stack.image_root.rglob("*.jpg"))
