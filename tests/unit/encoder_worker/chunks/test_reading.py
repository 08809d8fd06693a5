"""Files read whole, and chunks cut so that they fit in memory."""

import hashlib
from pathlib import Path

import pytest

from encoder_worker.chunks import reading as stage
from encoder_worker.chunks.reading import batches, read
from shared.domain.chunk import FileRef
from shared.errors import PictureError
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.sources import Files


def ref(path: Path, size: int = 0) -> FileRef:
    return FileRef(uri=file_uri(path), size=size, mtime_ns=0)


def test_content_is_read_whole_and_hashed(base_settings: Settings) -> None:
    path = base_settings.image_roots[0] / "a.bin"
    data = bytes(range(256)) * 9000
    path.write_bytes(data)
    content = read(ref(path), "c", Files(base_settings), base_settings)
    assert content.data == data
    assert content.sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_of_exactly_the_limit_is_read(base_settings: Settings) -> None:
    settings = base_settings.model_copy(update={"max_file_mb": 1})
    path = settings.image_roots[0] / "a.bin"
    path.write_bytes(b"x" * (1 << 20))
    assert len(read(ref(path), "c", Files(settings), settings).data) == 1 << 20
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(PictureError) as failure:
        read(ref(path), "c", Files(settings), settings)
    assert failure.value.code == "too_large"


def test_an_endless_file_under_a_root_is_not_read(base_settings: Settings) -> None:
    link = base_settings.image_roots[0] / "zero.jpg"
    link.symlink_to("/dev/zero")
    with pytest.raises(PictureError) as failure:
        read(ref(link), "c", Files(base_settings), base_settings)
    assert failure.value.code == "outside_roots"


def test_batches_hold_every_file_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "BATCH_BYTES", 100)
    monkeypatch.setattr(stage, "BATCH_FILES", 3)
    sizes = [40, 60, 1, 500, 30, 30, 30, 5, 0]
    files = [FileRef(uri=str(i), size=size, mtime_ns=0) for i, size in enumerate(sizes)]
    cut = list(batches(files))
    assert [file for batch in cut for file in batch] == files
    assert [[file.size for file in batch] for batch in cut] == [
        [40, 60],
        [1],
        [500],
        [30, 30, 30],
        [5, 0],
    ]
    assert list(batches([])) == []
