"""What the page's fields are completed with: folders, archives and lists inside the image roots."""

from pathlib import Path

import pytest

from gateway.files.folders import FileSort, list_folders
from shared.errors import InvalidRequest
from shared.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    (root / "sub").mkdir(parents=True)
    (root / "folder.zip").mkdir()
    for name in ("a.ZIP", "b.tar.zst", "c.csv", "d.parquet", "e.jpg", ".hidden.zip", "zip"):
        (root / name).write_bytes(b"x")
    return root


@pytest.fixture
def settings(root: Path) -> Settings:
    return Settings(image_roots=(root,))


def names(path: Path, settings: Settings, files: FileSort | None = None) -> list[tuple[str, str]]:
    found, cursor = list_folders(str(path), None, 100, settings, files=files)
    assert cursor is None
    return [(entry.path.name, entry.kind) for entry in found]


def test_files_are_listed_by_their_sort_beside_folders(root: Path, settings: Settings) -> None:
    folders = [("folder.zip", "folder"), ("sub", "folder")]
    assert names(root, settings) == folders
    archives = [("a.ZIP", "file"), ("b.tar.zst", "file"), *folders]
    assert names(root, settings, "archives") == archives
    assert names(root, settings, "lists") == [("c.csv", "file"), ("d.parquet", "file"), *folders]


def test_a_link_to_a_file_outside_the_roots_is_left_out(root: Path, settings: Settings) -> None:
    outside = root.parent / "secret.zip"
    outside.write_bytes(b"x")
    (root / "sub" / "out.zip").symlink_to(outside)
    (root / "sub" / "in.zip").symlink_to(root / "a.ZIP")
    (root / "sub" / "nowhere.zip").symlink_to(root / "gone.zip")
    assert names(root / "sub", settings, "archives") == [("in.zip", "file")]
    with pytest.raises(InvalidRequest, match="not under an image root"):
        list_folders(str(root.parent), None, 100, settings, files="archives")


def test_pages_go_through_folders_and_files(root: Path, settings: Settings) -> None:
    found, cursor = [], None
    for _ in range(4):
        page, cursor = list_folders(str(root), cursor, 1, settings, files="archives")
        found += [entry.path.name for entry in page]
    assert found == ["a.ZIP", "b.tar.zst", "folder.zip", "sub"]
    assert cursor is None
    roots, _ = list_folders(None, None, 10, settings, files="archives")
    assert [(entry.path, entry.kind) for entry in roots] == [(root, "folder")]
