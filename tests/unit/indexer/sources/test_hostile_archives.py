"""Archives that mean harm, or are broken: what is said of each, and that nothing gets through."""

import copy
import io
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from indexer.sources import Batch
from indexer.sources.archive import ArchiveListing
from shared.domain.job import ArchiveSource
from shared.errors import JobFailed, PictureError
from shared.settings import Settings
from shared.sources import Files
from tests import archives
from tests.broken_archives import noise
from tests.drawn import JPEG
from tests.hostile_archives import GOOD, MEMBERS, WHOLES, packed, zipped


@pytest.fixture
def settings(base_settings: Settings) -> Settings:
    caps = {"archive_max_members": 100, "archive_max_mb": 10}
    return base_settings.model_copy(update=caps)


def written(settings: Settings, suffix: str, data: bytes) -> Path:
    path = settings.image_roots[0] / f"archive{suffix}"
    path.write_bytes(data)
    return path


def listed(path: Path, files: Files) -> Batch:
    found = Batch()
    with closing(ArchiveListing(ArchiveSource(path=str(path)), files).batches("")) as batches:
        for batch in batches:
            found.files += batch.files
            found.failures += batch.failures
            found.ignored += batch.ignored
    return found


@pytest.mark.parametrize("case", MEMBERS)
def test_a_bad_member_is_a_failure_of_its_own(case: str, settings: Settings) -> None:
    suffix, make, code = MEMBERS[case]
    path = written(settings, suffix, make())
    with Files(settings) as files:
        found = listed(path, files)
        (failure,) = found.failures
        assert failure.code == code
        assert failure.reason.endswith(".")
        for file in found.files:
            assert file.uri == f"file://{path}!/{GOOD}"
            with files.open(file.uri, "c").file as opened:
                assert opened.read() == JPEG
        with pytest.raises(PictureError) as refused:
            files.open(failure.uri, "c")
    # An archive within is none of its pictures, whatever became of it.
    assert refused.value.code == ("member_archive" if code.startswith("archive_") else code)
    assert [entry.name for entry in settings.image_roots[0].iterdir()] == [path.name]


@pytest.mark.parametrize("case", WHOLES)
def test_a_bad_archive_is_an_error_of_its_job(case: str, settings: Settings) -> None:
    suffix, make, code = WHOLES[case]
    if code == "archive_ratio":
        settings = settings.model_copy(update={"archive_max_mb": 1000})
    path = written(settings, suffix, make())
    with Files(settings) as files:
        with pytest.raises(JobFailed) as failure:
            listed(path, files)
        assert failure.value.code == code
        # What cannot be seen whole forgets nothing.
        with pytest.raises(JobFailed):
            ArchiveListing(ArchiveSource(path=str(path)), files).missing()


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_a_compressed_bomb_is_not_unpacked_to_its_end(suffix: str, base_settings: Settings) -> None:
    bomb = packed({"x.jpg": bytes(70 << 20)}, suffix)
    path = written(base_settings, f".tar{suffix}", bomb)
    with Files(base_settings) as files, pytest.raises(JobFailed) as failure:
        listed(path, files)
    assert failure.value.code == "archive_ratio"


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
def test_of_a_cut_tar_there_is_what_is_whole(suffix: str, settings: Settings) -> None:
    whole = packed({"x.jpg": noise(999_999)}, suffix)
    path = written(settings, f".tar{suffix}", whole[: len(whole) // 2])
    with Files(settings) as files:
        found = listed(path, files)
        assert [file.uri.rpartition("/")[2] for file in found.files] in ([GOOD], [])
        (failure,) = found.failures
        assert (failure.uri, failure.code) == (f"file://{path}", "truncated")
        with pytest.raises(PictureError) as cut:
            files.open(f"file://{path}!/x.jpg", "c")
        assert cut.value.code in ("archive_truncated", "truncated")
        with pytest.raises(JobFailed):
            ArchiveListing(ArchiveSource(path=str(path)), files).missing()


def test_damaged_data_of_a_zip_is_a_failure_when_it_is_read(settings: Settings) -> None:
    data = zipped({"x.jpg": JPEG + noise(5000)})
    at = data.index(b"x.jpg") + 2000
    path = written(settings, ".zip", data[:at] + b"damage" + data[at + 6 :])
    with Files(settings) as files:
        assert len(listed(path, files).files) == 2
        with pytest.raises(PictureError) as failure:
            files.open(f"file://{path}!/x.jpg", "c")
    assert failure.value.code == "corrupt"


def test_hidden_members_and_folders_are_ignored(settings: Settings) -> None:
    data = zipped({"__MACOSX/._x.jpg": JPEG, ".x.jpg": JPEG, "a/": b"", "a/notes.txt": b"x"})
    with Files(settings) as files:
        found = listed(written(settings, ".zip", data), files)
    assert (len(found.files), found.ignored, found.failures) == (1, 3, [])


def test_a_name_that_comes_twice_is_its_first_member(settings: Settings) -> None:
    tar = archives.tar_of({"a.jpg": JPEG, "./a.jpg": JPEG + b"2", "b.jpg": JPEG})
    with Files(settings) as files:
        path = written(settings, ".tar.gz", archives.compressed(tar, ".gz"))
        found = listed(path, files)
        assert (len(found.files), found.ignored) == (2, 1)
        for _ in range(2):
            with files.open(f"file://{path}!/a.jpg", "c").file as file:
                assert file.read() == JPEG


def test_a_compressed_tar_is_read_in_any_order(settings: Settings) -> None:
    names = [f"{n}.jpg" for n in range(20)]
    tar = archives.tar_of({name: JPEG + name.encode() for name in names})
    path = written(settings, ".tar.zst", archives.compressed(tar, ".zst"))
    with Files(settings) as files:
        for name in (*names[::3], *names[::-1], "0.jpg", "19.jpg"):
            with files.open(f"file://{path}!/{name}", "c").file as file:
                assert file.read() == JPEG + name.encode()
        with pytest.raises(PictureError) as failure:
            files.open(f"file://{path}!/20.jpg", "c")
    assert failure.value.code == "missing"


def test_what_is_far_into_a_compressed_tar_is_not_served(settings: Settings) -> None:
    contents = {f"{n}.jpg": noise(1 << 20) for n in range(4)}
    path = written(settings, ".tar.gz", packed(contents, ".gz"))
    near = settings.model_copy(update={"archive_reach_mb": 2})
    with Files(near, serving=True) as serving, Files(near) as reading:
        for files in (serving, reading):
            files.open(f"file://{path}!/0.jpg", "c").file.close()
        reading.open(f"file://{path}!/3.jpg", "c").file.close()
        with pytest.raises(PictureError) as failure:
            serving.open(f"file://{path}!/3.jpg", "c")
    assert failure.value.code == "member_out_of_reach"


def test_an_archive_behind_a_link_out_of_the_roots_is_not_read(
    settings: Settings, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.zip"
    outside.write_bytes(zipped({}))
    (settings.image_roots[0] / "link.zip").symlink_to(outside)
    with Files(settings) as files, pytest.raises(JobFailed) as failure:
        listed(settings.image_roots[0] / "link.zip", files)
    assert failure.value.code == "source_outside_roots"


def test_a_zip_of_more_than_65535_members_is_read(base_settings: Settings) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(GOOD, JPEG)
        (info,) = archive.infolist()
        for at in range(70_000):
            other = copy.copy(info)
            other.filename = other.orig_filename = f"{at}.txt"
            archive.filelist.append(other)
    path = written(base_settings, ".zip", made.getvalue())
    with Files(base_settings) as files:
        found = listed(path, files)
        assert (len(found.files), found.ignored) == (1, 70_000)
    few = base_settings.model_copy(update={"archive_max_members": 66_000})
    with Files(few) as files, pytest.raises(JobFailed) as failure:
        listed(path, files)
    assert failure.value.code == "archive_too_many_members"


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
@pytest.mark.parametrize("prefix", ["", "/"])
def test_failures_of_long_names_are_short(settings: Settings, suffix: str, prefix: str) -> None:
    names = [f"{prefix}{'ü' * 30_000}{n}.jpg" for n in range(2)]
    path = settings.image_roots[0] / f"archive{suffix}"
    archives.write_archive(path, dict.fromkeys(names, JPEG))
    with Files(settings) as files:
        found = listed(path, files)
    assert found.files == []
    assert [failure.code for failure in found.failures] == ["path_too_long"] * 2
    assert len({failure.uri for failure in found.failures}) == 2
    assert max(len(failure.uri) for failure in found.failures) < 2000
