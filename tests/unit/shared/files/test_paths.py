"""No path leads out of the image roots, however it is written."""

import os
from pathlib import Path

import pytest

from shared.errors import InvalidRequest, PictureError
from shared.files import paths
from shared.files.paths import open_image, resolve_directory, upload_path
from shared.files.uris import file_uri
from shared.settings import Settings


@pytest.fixture
def root(base_settings: Settings) -> Path:
    return base_settings.image_roots[0]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.jpg").write_bytes(b"secret")
    return folder


def test_a_directory_under_a_root_is_resolved(base_settings: Settings, root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)

    assert resolve_directory(str(root), base_settings) == root
    assert resolve_directory(f"{root}/a/../a/b/", base_settings) == root / "a" / "b"
    assert resolve_directory("a/b", base_settings) == root / "a" / "b"


@pytest.mark.parametrize("path", ["/", "/etc", "..", "a/../../outside", "/proc/self/root", "\0"])
def test_a_directory_elsewhere_is_refused(
    base_settings: Settings, root: Path, outside: Path, path: str
) -> None:
    (root / "a").mkdir()

    with pytest.raises(InvalidRequest) as caught:
        resolve_directory(path, base_settings)

    assert caught.value.code == "path_outside_roots"


def test_what_lies_outside_is_not_told_to_exist_or_not(
    base_settings: Settings, outside: Path
) -> None:
    answers = []
    for path in (outside, outside / "nothing"):
        with pytest.raises(InvalidRequest) as caught:
            resolve_directory(str(path), base_settings)
        answers.append((caught.value.code, caught.value.detail))

    assert answers[0] == answers[1]


def test_a_root_with_a_longer_name_is_another_folder(base_settings: Settings, root: Path) -> None:
    sibling = root.with_name(root.name + "-private")
    sibling.mkdir()

    with pytest.raises(InvalidRequest, match="not under an image root"):
        resolve_directory(str(sibling), base_settings)


def test_a_link_out_of_the_roots_is_refused(
    base_settings: Settings, root: Path, outside: Path
) -> None:
    (root / "link").symlink_to(outside)
    (root / "picture.jpg").symlink_to(outside / "secret.jpg")

    with pytest.raises(InvalidRequest):
        resolve_directory(str(root / "link"), base_settings)
    with pytest.raises(PictureError) as caught:
        open_image(file_uri(root / "picture.jpg"), "c", base_settings)
    assert caught.value.code == "outside_roots"


@pytest.mark.parametrize(("name", "code"), [("x", "path_not_found"), ("f.jpg", "not_a_directory")])
def test_what_is_no_directory_is_named(
    base_settings: Settings, root: Path, name: str, code: str
) -> None:
    (root / "f.jpg").touch()

    with pytest.raises(InvalidRequest) as caught:
        resolve_directory(str(root / name), base_settings)

    assert caught.value.code == code


def test_a_name_that_no_disk_holds_is_not_found(base_settings: Settings, root: Path) -> None:
    for path in ("a" * 300, f"{'a' * 300}/b", "a/" * 3000):
        with pytest.raises(InvalidRequest) as caught:
            resolve_directory(path, base_settings)
        assert caught.value.code == "path_not_found"


def test_a_folder_that_becomes_a_link_is_not_followed(
    base_settings: Settings, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a").mkdir()
    (root / "a" / "secret.jpg").write_bytes(b"harmless")
    uri = file_uri(root / "a" / "secret.jpg")
    with open_image(uri, "shoes", base_settings) as file:
        assert file.read() == b"harmless"
    resolved = paths.resolve_uri(uri, "shoes", base_settings)
    # The folder is exchanged after its path was checked.
    monkeypatch.setattr(paths, "resolve_uri", lambda *_: resolved)
    (root / "a").rename(root / "b")
    (root / "a").symlink_to(outside)

    with pytest.raises(PictureError) as caught:
        open_image(uri, "shoes", base_settings)
    assert caught.value.code == "unreadable"


def test_without_roots_the_remedy_is_named(base_settings: Settings) -> None:
    with pytest.raises(InvalidRequest, match="LOOKALIKE_IMAGE_ROOTS"):
        resolve_directory("/", base_settings.model_copy(update={"image_roots": ()}))


def test_a_missing_file_a_folder_and_a_fifo_are_failures(
    base_settings: Settings, root: Path
) -> None:
    (root / "folder.jpg").mkdir()
    os.mkfifo(root / "fifo.jpg")

    codes = []
    for name in ("gone.jpg", "folder.jpg", "fifo.jpg"):
        with pytest.raises(PictureError) as caught:
            open_image(file_uri(root / name), "c", base_settings)
        codes.append(caught.value.code)

    assert codes == ["missing", "unreadable", "unreadable"]


def test_an_upload_lies_under_its_hash(base_settings: Settings) -> None:
    sha256 = "ab" * 32

    path = upload_path(f"upload://{sha256}.png", "shoes", base_settings)

    assert path == base_settings.uploads_dir / "shoes" / "ab" / f"{sha256}.png"


@pytest.mark.parametrize("uri", ["upload://../../etc/passwd", "upload://x.png", "s3://b/k.jpg"])
def test_other_uris_are_not_opened(base_settings: Settings, uri: str) -> None:
    with pytest.raises(PictureError) as caught:
        open_image(uri, "shoes", base_settings)

    assert caught.value.code == "unreadable"
