"""Directories of zips: their entries are counted before zipfile reads any."""

import io
import zipfile

import pytest

from shared.settings import Settings
from shared.sources.archives.limits import ArchiveError, ArchiveLimits
from shared.sources.archives.zips import ZipReader
from tests.broken_archives import falsely_larger, lying
from tests.hostile_archives import zipped


@pytest.mark.parametrize(
    "data",
    [
        zipped({f"{n}.jpg": b"" for n in range(100)}),
        lying(zipped({f"{n}.jpg": b"" for n in range(100)})),
        falsely_larger(100),
        falsely_larger(100, located=True),
    ],
)
def test_no_entry_is_made_of_a_directory_with_too_many(
    data: bytes, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(*_: object) -> None:
        raise AssertionError("zipfile has read the directory")

    monkeypatch.setattr(zipfile, "ZipInfo", made)
    limits = ArchiveLimits.of(base_settings.model_copy(update={"archive_max_members": 50}))
    with pytest.raises(ArchiveError) as refused:
        ZipReader("file:///a.zip", io.BytesIO(data), limits, 1 << 20)
    assert refused.value.code == "archive_too_many_members"


def test_a_directory_of_long_names_is_not_read(base_settings: Settings) -> None:
    data = zipped({f"{n}{'x' * 60_000}.jpg": b"" for n in range(20)})
    limits = ArchiveLimits.of(base_settings.model_copy(update={"archive_max_members": 50}))
    with pytest.raises(ArchiveError) as refused:
        ZipReader("file:///a.zip", io.BytesIO(data), limits, 1 << 20)
    assert refused.value.code == "archive_unreadable"
