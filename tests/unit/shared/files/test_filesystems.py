from pathlib import Path

import pytest

from shared.files.filesystems import RecordedFilesystems, filesystem_of, is_same
from shared.files.uris import file_uri


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1 7", "1 7", True),
        ("1 7", "2 7", True),  # Mounted again, under another number.
        ("1 7", "1 8", False),  # Another disk in its place.
        ("1 0", "1 0", True),
        ("1 0", "2 0", False),
        ("1 7", "1 0", True),
        ("1 7", "2 0", False),
    ],
)
def test_an_id_counts_more_than_a_device_number(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


def test_two_file_systems_differ(tmp_path: Path) -> None:
    assert is_same(filesystem_of(tmp_path), filesystem_of(tmp_path.parent))
    assert not is_same(filesystem_of(tmp_path), filesystem_of(Path("/proc")))


def test_a_deleted_folder_is_not_an_unmounted_one(tmp_path: Path) -> None:
    here, uri = filesystem_of(tmp_path), file_uri(tmp_path / "gone" / "a.jpg")
    assert RecordedFilesystems({}, (tmp_path,)).is_there(uri)
    assert RecordedFilesystems({file_uri(tmp_path / "gone"): here}, (tmp_path,)).is_there(uri)


def test_a_mount_point_without_its_disk_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    uri, beside = file_uri(tmp_path / "disk" / "a.jpg"), file_uri(tmp_path / "disk-2" / "a.jpg")
    recorded = {file_uri(tmp_path): filesystem_of(tmp_path), file_uri(tmp_path / "disk"): "1 1"}
    known = RecordedFilesystems(recorded, (tmp_path,))
    assert not known.is_there(uri)
    assert known.is_there(beside)
    assert known.is_there(file_uri(tmp_path / "b.jpg"))


def test_a_missing_image_root_is_not_there(tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert not RecordedFilesystems({}, (root,)).is_there(file_uri(root / "a.jpg"))
