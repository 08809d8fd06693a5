"""Traversal of directories that are missing, unreadable, too deep, or change meanwhile."""

import os
from pathlib import Path

import pytest

from indexer.sources.directory import DirectoryWalk
from shared.domain.job import DirectorySource
from shared.errors import JobFailed
from shared.files.uris import file_uri
from tests.unit.indexer.sources.tree import names, put, walked


def test_a_source_that_is_lost_fails_the_job(root: Path, tmp_path: Path) -> None:
    for path, code in (
        (root / "gone", "source_missing"),
        (tmp_path, "source_outside_roots"),
    ):
        with pytest.raises(JobFailed) as failure:
            walked(root, path)
        assert failure.value.code == code
    put(root, "file.jpg")
    with pytest.raises(JobFailed) as failure:
        walked(root, root / "file.jpg")
    assert failure.value.code == "source_missing"


def _refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Tests may run as root, who may read everything: let opening `name` fail."""
    real = os.open

    def refusing(path: str, *arguments: int, **options: int) -> int:
        if Path(path).name == name:
            raise error
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refusing)


def test_a_source_that_cannot_be_read_fails_the_job(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, "root", PermissionError(13, "Permission denied"))
    with pytest.raises(JobFailed) as failure:
        walked(root)
    assert failure.value.code == "source_unreadable"
    assert "Permission denied" in failure.value.detail


def test_a_directory_that_cannot_be_read_is_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.jpg", "locked/b.jpg", "open/c.jpg")
    _refuse(monkeypatch, "locked", PermissionError(13, "Permission denied"))
    batch = walked(root)
    assert names(batch, root) == ["a.jpg", "open/c.jpg"]
    (failure,) = batch.failures
    assert failure.uri == file_uri(root / "locked") + "/"
    assert failure.code == "unreadable"
    assert "Permission denied" in failure.reason


def test_a_directory_that_vanished_was_never_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.jpg", "gone/b.jpg")
    _refuse(monkeypatch, "gone", FileNotFoundError(2, "No such file or directory"))
    batch = walked(root)
    assert (names(batch, root), batch.failures, batch.ignored) == (["a.jpg"], [], 0)


def test_a_directory_that_breaks_off_is_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.jpg", "bad/b.jpg")
    real = os.scandir

    class Broken:
        def __next__(self) -> None:
            raise OSError(5, "Input/output error")

        def close(self) -> None: ...

    def scandir(descriptor: int) -> object:
        bad = os.fstat(descriptor).st_ino == (root / "bad").stat().st_ino
        return Broken() if bad else real(descriptor)

    monkeypatch.setattr(os, "scandir", scandir)
    batch = walked(root)
    assert names(batch, root) == ["a.jpg"]
    assert [failure.code for failure in batch.failures] == ["unreadable"]


def test_files_that_change_under_the_scan(root: Path) -> None:
    put(root, *(f"{n}.jpg" for n in range(50)))
    found: list[str] = []
    for batch in DirectoryWalk(DirectorySource(path=str(root)), (root,)).batches():
        found += [file.name for file in batch.files]
        for path in root.iterdir():
            path.unlink()
    assert len(found) == 50


def test_a_link_that_takes_a_directorys_place_is_not_entered(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "outside/secret.jpg")
    put(root, "a/b.jpg")
    real = os.open

    def swapping(path: str, *arguments: int, **options: int) -> int:
        if path == "a":
            (root / "a/b.jpg").unlink()
            (root / "a").rmdir()
            (root / "a").symlink_to(tmp_path / "outside")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", swapping)
    assert walked(root).files == []


def test_a_path_that_no_row_can_hold_ends_there(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    # Deeper than a path may be long: only by steps can anyone make it, or walk it.
    for _ in range(40):
        os.mkdir("ä" * 60, dir_fd=descriptor)
        below = os.open("ä" * 60, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("a.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    batch = walked(root)
    assert batch.files == []
    assert [failure.code for failure in batch.failures] == ["path_too_long"]
