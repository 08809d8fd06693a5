import itertools
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from indexer import walk
from indexer.job_failure import JobFailed
from indexer.walk import Batch, DirectoryWalk
from shared.messages import DirectorySource
from shared.names import file_path, file_uri

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)


def walked(root: Path, source: Path | None = None, **options: object) -> Batch:
    """All of a walk's batches in one."""
    found = Batch()
    wanted = DirectorySource.model_validate({"path": str(source or root), **options})
    for batch in DirectoryWalk(wanted, (root,)).batches():
        found.files += batch.files
        found.ignored += batch.ignored
        found.failures += batch.failures
    return found


def names(batch: Batch, root: Path) -> list[str]:
    return sorted(str(file_path(file.uri).relative_to(root)) for file in batch.files)


def test_every_regular_file_with_size_and_time(root: Path) -> None:
    put(root, "a.jpg", "b/c.jpg", "b/d/e.txt")
    os.utime(root / "a.jpg", ns=(1, 1_234_567_890_123_456_789))
    batch = walked(root)
    assert names(batch, root) == ["a.jpg", "b/c.jpg", "b/d/e.txt"]
    assert (batch.ignored, batch.failures) == (0, [])
    file = next(file for file in batch.files if file.name == "a.jpg")
    assert file.uri == file_uri(root / "a.jpg")
    assert file.path == str(root / "a.jpg")
    assert (file.size, file.mtime_ns) == (64, 1_234_567_890_123_456_789)


def test_only_direct_children_where_it_is_not_recursive(root: Path) -> None:
    put(root, "a.jpg", "b/c.jpg")
    (root / "link").symlink_to(root / "b")
    batch = walked(root, recursive=False)
    assert names(batch, root) == ["a.jpg"]
    assert batch.ignored == 0


def test_hidden_entries_count_once_each(root: Path) -> None:
    put(root, "a.jpg", ".hidden.jpg", ".thumbs/b.jpg", ".thumbs/c.jpg", "d/.e.jpg")
    batch = walked(root)
    assert names(batch, root) == ["a.jpg"]
    assert batch.ignored == 3
    assert names(walked(root, root / ".thumbs"), root) == [".thumbs/b.jpg", ".thumbs/c.jpg"]


def test_what_the_pattern_leaves_out_is_ignored(root: Path) -> None:
    put(root, "a.jpg", "b/c.JPG", "b/d.png")
    batch = walked(root, pattern="*.jpg")
    assert names(batch, root) == ["a.jpg", "b/c.JPG"]
    assert batch.ignored == 1
    assert names(walked(root, pattern="b/*"), root) == ["b/c.JPG", "b/d.png"]
    assert names(walked(root, root / "b", pattern="b/*"), root) == []


def test_names_of_any_bytes_come_back(root: Path) -> None:
    raw = [b"\xff\xfe.jpg", b"a b%20\xc3\xa4.jpg", b"line\nfeed.jpg", b"a\"'\\.jpg", b"-rf ~.jpg"]
    for name in raw:
        (root / os.fsdecode(name)).write_bytes(JPEG)
    batch = walked(root)
    assert sorted(os.fsencode(file_path(file.uri).name) for file in batch.files) == sorted(raw)
    assert all(file.uri.isascii() for file in batch.files)
    assert all(Path(file.path).is_file() for file in batch.files)


def test_special_files_are_ignored(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    assert walked(root).ignored == 1


def test_a_link_to_a_file_keeps_its_own_name(root: Path) -> None:
    put(root, "real/a.jpg")
    (root / "linked.jpg").symlink_to("real/a.jpg")
    batch = walked(root)
    assert names(batch, root) == ["linked.jpg", "real/a.jpg"]
    linked = next(file for file in batch.files if file.name == "linked.jpg")
    assert linked.path == str(root / "real/a.jpg")
    assert linked.size == 64


def test_links_out_broken_or_circular_are_ignored(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside/secret.jpg", "root-evil/secret.jpg")
    put(root, "a/b.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "outside/secret.jpg")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "neighbour").symlink_to(tmp_path / "root-evil")
    (root / "up").symlink_to("..")
    (root / "broken").symlink_to("nowhere")
    (root / "itself").symlink_to("itself")
    (root / "a/parent").symlink_to("..")
    (root / "a/self").symlink_to(".")
    (root / "device").symlink_to("/dev/null")
    batch = walked(root)
    assert names(batch, root) == ["a/b.jpg"]
    assert batch.ignored == 9


def test_a_link_to_a_directory_is_followed(root: Path) -> None:
    put(root, "archive/2020/a.jpg")
    put(root, "album/b.jpg")
    (root / "album/old").symlink_to(root / "archive")
    batch = walked(root, root / "album")
    assert names(batch, root) == ["album/b.jpg", "album/old/2020/a.jpg"]
    assert Path(batch.files[-1].path).resolve() == Path(batch.files[-1].path)


def test_directories_full_of_links_to_each_other_come_to_an_end(root: Path) -> None:
    folders = [root / f"d{n}" for n in range(6)]
    for folder in folders:
        put(folder, "a.jpg")
    for here, there in itertools.permutations(folders, 2):
        (here / there.name).symlink_to(there)
    batch = walked(root)
    # Each of 6 folders, then up to 4 links deep, never back to one on the way: 6, 30, 120, …
    assert len(batch.files) == 6 + 30 + 120 + 360 + 720
    assert batch.ignored > 0


def test_a_source_that_is_lost_fails_the_job(root: Path, tmp_path: Path) -> None:
    for path, code in (
        (root / "gone", "source_missing"),
        (tmp_path, "source_outside_roots"),
    ):
        with pytest.raises(JobFailed) as failure:
            walked(root, path)
        assert failure.value.error.code == code
    put(root, "file.jpg")
    with pytest.raises(JobFailed) as failure:
        walked(root, root / "file.jpg")
    assert failure.value.error.code == "source_missing"


def _refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Tests may run as root, who may read everything: let opening `name` fail."""
    real = os.open

    def refusing(path: str, *arguments: int, **options: int) -> int:
        if Path(path).name == name:
            raise error
        return real(path, *arguments, **options)

    monkeypatch.setattr(walk.os, "open", refusing)


def test_a_source_that_cannot_be_read_fails_the_job(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, "root", PermissionError(13, "Permission denied"))
    with pytest.raises(JobFailed) as failure:
        walked(root)
    assert failure.value.error.code == "source_unreadable"
    assert "Permission denied" in failure.value.error.detail


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

    monkeypatch.setattr(walk.os, "scandir", scandir)
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

    monkeypatch.setattr(walk.os, "open", swapping)
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


def test_times_beyond_int64_are_brought_back(root: Path) -> None:
    put(root, "past.jpg")
    os.utime(root / "past.jpg", ns=(0, -5))
    assert walk.int64_mtime((root / "past.jpg").stat()) == -5

    class Future:
        st_mtime_ns = 10**30

    assert walk.int64_mtime(Future()) == 2**63 - 1  # type: ignore[arg-type]  # such a time is hard to set


def test_batches_come_while_there_is_nothing_but_ignored(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_BATCH_ENTRIES", 10)
    monkeypatch.setattr(walk, "_BATCH_FILES", 3)
    put(root, *(f".{n}.jpg" for n in range(25)))
    source = DirectorySource(path=str(root))
    assert [b.ignored for b in DirectoryWalk(source, (root,)).batches()] == [10, 10, 5]
    put(root, *(f"{n}.jpg" for n in range(8)))
    sizes = [len(b.files) for b in DirectoryWalk(source, (root,)).batches()]
    assert sum(sizes) == 8
    assert max(sizes) == 3


def _open_files() -> set[str]:
    return {str(path) for path in Path("/proc/self/fd").iterdir()}


def test_no_file_stays_open(root: Path) -> None:
    put(root, *(f"{n}/{n}/{n}.jpg" for n in range(20)))
    before = _open_files()
    walked(root)
    abandoned: Iterable[Batch] = DirectoryWalk(DirectorySource(path=str(root)), (root,)).batches()
    next(iter(abandoned))
    del abandoned
    assert _open_files() == before
