import itertools
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from indexer.sources import Batch, directory
from indexer.sources.directory import DirectoryWalk
from shared.domain.job import DirectorySource
from shared.files.uris import file_path, file_uri
from shared.sources.local import int64_mtime
from tests.drawn import JPEG
from tests.unit.indexer.sources.tree import names, put, walked


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


def test_times_beyond_int64_are_brought_back(root: Path) -> None:
    put(root, "past.jpg")
    os.utime(root / "past.jpg", ns=(0, -5))
    assert int64_mtime((root / "past.jpg").stat()) == -5

    class Future:
        st_mtime_ns = 10**30

    assert int64_mtime(Future()) == 2**63 - 1  # type: ignore[arg-type]  # such a time is hard to set


def test_batches_come_while_there_is_nothing_but_ignored(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_BATCH_ENTRIES", 10)
    monkeypatch.setattr(directory, "_BATCH_FILES", 3)
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


def test_memory_does_not_grow_with_the_number_of_files(root: Path) -> None:
    def peak(source: Path) -> int:
        tracemalloc.start()
        count = sum(
            len(batch.files)
            for batch in DirectoryWalk(DirectorySource(path=str(source)), (root,)).batches()
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == len(list(source.iterdir()))
        return most

    for folder, files in (("few", 2_000), ("many", 20_000)):
        (root / folder).mkdir()
        for n in range(files):
            os.close(os.open(root / folder / f"{n:06}.jpg", os.O_CREAT | os.O_WRONLY))
    peak(root / "few")
    assert peak(root / "many") < 1.2 * peak(root / "few")
