"""Archives that are kept open: what waits for what."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.files.uris import file_uri
from shared.settings import Settings
from shared.sources import Files
from shared.sources.archives.members import member_uri
from shared.sources.archives.zips import ZipReader
from tests.archives import write_archive
from tests.drawn import JPEG


@pytest.fixture
def member(base_settings: Settings) -> Callable[[str], str]:
    def make(name: str) -> str:
        path = base_settings.image_roots[0] / name
        write_archive(path, {"a.jpg": JPEG})
        return member_uri(file_uri(path), "a.jpg")

    return make


def test_members_of_an_open_archive_do_not_wait_for_another_to_be_opened(
    base_settings: Settings, member: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    opened, slow = member("opened.zip"), member("slow.zip")

    class Slow(ZipReader):
        def __init__(self, *args: object) -> None:
            begun.set()
            assert go_on.wait(60)
            super().__init__(*args)  # type: ignore[arg-type]  # as they came

    with Files(base_settings) as files, ThreadPoolExecutor(3) as threads:
        known = files.status(opened, "c")
        monkeypatch.setattr("shared.sources.archives.opening.ZipReader", Slow)
        waiting = [threads.submit(files.status, slow, "c") for _ in range(2)]
        try:
            assert begun.wait(60)
            found = threads.submit(files.status, opened, "c").result(timeout=30)
        finally:
            go_on.set()
        assert found == known
        assert [future.result().size for future in waiting] == [len(JPEG)] * 2
