"""Files of exports: rows and uploads as they were, and nothing that is not."""

import contextlib
import errno
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.exports.parquet_rows import Row, RowsFile, read_rows
from indexer.exports.part_files import HashingFile, verify, written_whole
from indexer.exports.upload_archives import UploadArchive, keep_times, unpack_uploads
from shared.domain.collection import CollectionIdentity
from shared.domain.export import ExportPart
from shared.errors import JobFailed
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.settings import Settings

TARGET = CollectionIdentity(
    name="new", generation="g1", fingerprint="f", weights="w", pooling="avg"
)


def nothing() -> None:
    """What is called between pieces of long work."""


def image(number: int) -> Row:
    bits = np.random.default_rng(number).integers(0, 2**31 - 2**24, 512, dtype=np.uint32)
    return {
        "id": f"{number:032x}",
        "uri": f"file:///photos/{number}/\u00e4 %F6.jpg",
        "sha256": f"{number:064x}",
        "width": number,
        "height": 2**40,
        "bytes": 0,
        "mtime_ns": -(2**62),
        "format": "jpeg",
        "added_at": 1_704_067_200_000_000 + number,
        "job": "",
        "tags": [] if number % 2 else ["a", "wei\u00df"],
        "metadata": {"n": number, "deep": [1.5, None, {"\ud800": "\U0001f600"}], "big": 2**60},
        "vector": bits.view(np.float32),
    }


def same(rows: list[Row], others: list[Row]) -> bool:
    """Whether rows are the same, their vectors bit for bit."""
    fields = [{k: v for k, v in row.items() if k != "vector"} for row in rows]
    if fields != [{k: v for k, v in row.items() if k != "vector"} for row in others]:
        return False
    pairs = zip(rows, others, strict=True)
    return all(np.array_equal(a["vector"].view("u4"), b["vector"].view("u4")) for a, b in pairs)


def write_images(folder: Path, batches: list[list[Row]]) -> ExportPart:
    name = "images-00000-1.parquet"
    with written_whole(folder, name) as file:
        with RowsFile(file, "images") as table:
            for batch in batches:
                table.write(batch)
        return file.part(name, "images", sum(map(len, batches)))


def test_rows_come_back_bit_for_bit(tmp_path: Path) -> None:
    rows = [image(number) for number in range(2500)]
    part = write_images(tmp_path, [rows[:700], rows[700:]])

    verify(tmp_path, part, nothing)
    batches = list(read_rows(tmp_path, part))
    assert max(map(len, batches)) <= 1000
    assert same([row for batch in batches for row in batch], rows)
    assert hashlib.sha256((tmp_path / part.name).read_bytes()).hexdigest() == part.sha256


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.unlink(), "export_incomplete"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "export_corrupt"),
        (lambda path: path.write_bytes(b"\0" + path.read_bytes()[1:]), "export_corrupt"),
    ],
)
def test_a_part_that_is_not_as_its_manifest_says(tmp_path: Path, spoil: Any, code: str) -> None:
    part = write_images(tmp_path, [[image(1)]])
    spoil(tmp_path / part.name)

    with pytest.raises(JobFailed) as caught:
        verify(tmp_path, part, nothing)
    assert caught.value.code == code


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_a_file_that_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    part = write_images(tmp_path, [[image(1)]])
    (tmp_path / part.name).write_bytes(content)

    with pytest.raises(JobFailed, match="copy the export again"):
        list(read_rows(tmp_path, part))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    part = write_images(tmp_path, [[image(1)]])
    with pytest.raises(JobFailed) as caught:
        list(read_rows(tmp_path, part.model_copy(update={"kind": "regions"})))
    assert caught.value.code == "export_corrupt"


def test_a_disk_that_is_full_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(HashingFile, "write", full)
    with pytest.raises(OSError, match="No space") as caught:
        write_images(tmp_path, [[image(1)]])
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def put_upload(settings: Settings, collection: str, content: bytes) -> tuple[str, Path]:
    uri = upload_uri(hashlib.sha256(content).hexdigest(), "jpg")
    path = upload_path(uri, collection, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return uri, path


def test_uploads_come_back(tmp_path: Path, base_settings: Settings) -> None:
    stored = [put_upload(base_settings, "old", bytes([n]) * 3_000_000) for n in range(3)]
    folder = tmp_path / "export"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        archive = UploadArchive(stack, folder, "uploads-00000-1.tar")
        assert archive.finish() == []
        assert [archive.add(path) for _, path in stored] == [True] * 3
        assert not archive.add(tmp_path / "gone.jpg")
        (part,) = archive.finish()
    assert (part.rows, part.kind) == (3, "uploads")
    verify(folder, part, nothing)

    for _ in range(2):
        unpack_uploads(folder, part, TARGET, base_settings, nothing)
        for uri, path in stored:
            keep_times(uri, 1_700_000_000_123_456_789, TARGET.name, base_settings)
            restored = upload_path(uri, TARGET.name, base_settings)
            assert restored.read_bytes() == path.read_bytes()
            assert restored.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert (base_settings.uploads_dir / "new" / ".g1").is_dir()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../evil.jpg", b"x"),
        (f"{'a' * 64}.jpg", b"of another content"),
        ("notes.txt", b"x"),
    ],
)
def test_an_archive_of_anything_else_is_refused(
    tmp_path: Path, base_settings: Settings, name: str, content: bytes
) -> None:
    part = ExportPart(name="uploads-00000-1.tar", kind="uploads", rows=1, bytes=0, sha256="")
    with tarfile.open(tmp_path / part.name, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))

    with pytest.raises(JobFailed) as caught:
        unpack_uploads(tmp_path, part, TARGET, base_settings, nothing)
    assert caught.value.code == "export_corrupt"
    assert [p for p in base_settings.uploads_dir.rglob("*") if p.is_file()] == []


def test_a_file_that_is_no_archive(tmp_path: Path, base_settings: Settings) -> None:
    part = ExportPart(name="uploads-00000-1.tar", kind="uploads", rows=1, bytes=0, sha256="")
    (tmp_path / part.name).write_bytes(b"no tar" * 1000)
    with pytest.raises(JobFailed, match="is no tar"):
        unpack_uploads(tmp_path, part, TARGET, base_settings, nothing)
