"""Which folder a burst of changes concerns, and which file systems give no events."""

from pathlib import Path

import pytest

from indexer.recovery.watched_folders import concerned_folder, is_remote
from shared.domain.job import DirectorySource

TABLE = [("/", "ext4"), ("/mnt/nas", "nfs4"), ("/mnt/nas/local", "xfs"), ("/home", "fuse.sshfs")]


@pytest.mark.parametrize(
    ("changed", "folder"),
    [
        (["a/1.jpg"], "a"),
        (["a/1.jpg", "a/2.jpg"], "a"),
        (["a/b/1.jpg", "a/2.jpg"], "a"),
        (["a/b/1.jpg", "c/2.jpg"], ""),
        (["a/b/gone/deep/1.jpg"], "a/b"),
        (["1.jpg"], ""),
        (["a/b"], "a"),
        (["a/.hidden/1.jpg"], None),
        (["a/.1.jpg.swp", "c/2.jpg"], "c"),
        ([""], None),
        (["../other/1.jpg"], None),
        ([], None),
    ],
)
def test_the_folder_that_holds_all_changes(
    changed: list[str], folder: str | None, root: Path
) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "c").mkdir()
    source = DirectorySource(path=str(root))
    paths = [str(root / path) if path != "../other/1.jpg" else "/other/1.jpg" for path in changed]

    expected = None if folder is None else str(root / folder) if folder else str(root)
    assert concerned_folder(source, paths) == expected


@pytest.mark.parametrize("fields", [{"pattern": "a/*.jpg"}, {"exclude": ("b",)}])
def test_patterns_are_of_the_whole_source(fields: dict[str, object], root: Path) -> None:
    source = DirectorySource.model_validate({"path": str(root), **fields})

    assert concerned_folder(source, [str(root / "a" / "1.jpg")]) == str(root)


def test_what_is_below_a_source_that_is_not_recursive_does_not_concern_it(root: Path) -> None:
    source = DirectorySource(path=str(root), recursive=False)

    assert concerned_folder(source, [str(root / "a" / "1.jpg")]) is None
    assert concerned_folder(source, [str(root / "1.jpg")]) == str(root)


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/photos", False),
        ("/mnt/nas", True),
        ("/mnt/nas/2024", True),
        ("/mnt/nas/local/2024", False),
        ("/mnt/nasty", False),
        ("/home/me", True),
    ],
)
def test_file_systems_that_others_write_to(path: str, remote: bool) -> None:
    assert is_remote(path, TABLE) is remote
