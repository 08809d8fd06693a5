import os
from pathlib import Path

import pytest

from indexer.sources import FoundFile
from indexer.sources.candidates import is_candidate


def found(path: Path) -> FoundFile:
    return FoundFile(path.as_uri(), str(path), path.name, path.stat().st_size, 0)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("photo", b"\xff\xd8\xff\xe0" + bytes(60), True),
        ("photo.txt", b"\x89PNG\r\n\x1a\n", True),
        ("photo.JPG", b"this is text", True),
        ("empty.png", b"", True),
        ("empty", b"", False),
        ("notes.txt", b"this is text", False),
        ("short", b"\xff", False),
    ],
)
def test_by_name_or_by_content(tmp_path: Path, name: str, content: bytes, expected: bool) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert is_candidate(found(path)) is expected


def test_what_cannot_be_read_or_is_something_else_by_now(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xd8\xff")
    file = found(path)
    path.unlink()
    assert not is_candidate(file)
    os.mkfifo(path)
    assert not is_candidate(file)
    path.unlink()
    (tmp_path / "target").write_bytes(b"\xff\xd8\xff")
    path.symlink_to("target")
    assert not is_candidate(file)


def test_listed_files_are_for_the_encoder_to_judge() -> None:
    assert is_candidate(FoundFile("upload://x", "", "", 0, 0))
