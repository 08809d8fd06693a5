"""What the file system says of the files of rows."""

import hashlib
import os
from pathlib import Path

import pytest

from encoder_worker.chunks.row_files import FileState, RowFiles
from shared.domain.image import IndexedFile, image_id
from shared.files.filesystems import RecordedFilesystems
from shared.files.paths import upload_path
from shared.files.uris import file_uri, upload_uri
from shared.settings import Settings
from shared.sources import Files

CONTENT = b"a picture"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "pictures").mkdir()
    return Settings(image_roots=(tmp_path / "pictures",), data_dir=tmp_path / "data")


@pytest.fixture
def path(settings: Settings) -> Path:
    made = settings.image_roots[0] / "a.jpg"
    made.write_bytes(CONTENT)
    return made


def indexed(uri: str, path: Path) -> IndexedFile:
    """The row's file, as it is now."""
    status = path.stat()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return IndexedFile(image_id(uri), uri, sha256, status.st_size, status.st_mtime_ns, "j1")


def look(file: IndexedFile, settings: Settings, **recorded: str) -> FileState:
    filesystems = RecordedFilesystems(recorded, settings.image_roots)
    return RowFiles("c", Files(settings), filesystems).look(file)


def test_an_unchanged_file_stands(path: Path, settings: Settings) -> None:
    assert look(indexed(file_uri(path), path), settings) == "standing"


def test_a_touched_file_stands_if_its_content_does(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path), path)
    os.utime(path, ns=(1, 1))
    assert look(file, settings) == "standing"
    path.write_bytes(CONTENT.swapcase())
    assert look(file, settings) == "replaced"


def test_a_file_of_another_size_is_not_read(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path), path)
    path.write_bytes(CONTENT + b"more")
    path.chmod(0)
    assert look(file, settings) == "replaced"


def test_what_is_no_file_any_more(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path), path)
    path.unlink()
    assert look(file, settings) == "gone"
    path.mkdir()
    assert look(file, settings) == "replaced"


def test_a_file_below_a_file_is_gone(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path / "b.jpg"), path)
    assert look(file, settings) == "gone"


def test_a_file_of_an_unmounted_disk_is_not_gone(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path), path)
    path.unlink()
    assert look(file, settings, **{file_uri(path.parent): "1 1"}) == "unknown"


def test_a_file_outside_the_roots_is_not_known(tmp_path: Path, settings: Settings) -> None:
    outside = tmp_path / "a.jpg"
    outside.write_bytes(CONTENT)
    assert look(indexed(file_uri(outside), outside), settings) == "unknown"


def test_an_upload_stands_while_it_is_kept(path: Path, settings: Settings) -> None:
    uri = upload_uri(hashlib.sha256(CONTENT).hexdigest(), "jpg")
    kept = upload_path(uri, "c", settings)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT)
    file = indexed(uri, kept)
    os.utime(kept, ns=(1, 1))
    assert look(file, settings) == "standing"
    kept.unlink()
    assert look(file, settings) == "unknown"


def test_a_state_is_looked_up_once(path: Path, settings: Settings) -> None:
    file = indexed(file_uri(path), path)
    files = RowFiles("c", Files(settings), RecordedFilesystems({}, settings.image_roots))
    assert files.state(file) == "standing"
    path.unlink()
    assert files.state(file) == "standing"
    assert files.look(file) == "gone"
