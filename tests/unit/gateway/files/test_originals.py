"""Images' own files: which failure is the caller's, and which one passes."""

import io
import threading

import anyio
import anyio.to_thread
import pytest

from gateway.files.originals import OriginalThreads, known_version, open_original
from gateway.routes.content import picture_response
from shared.domain.image import ImageRow
from shared.errors import NotFound, NotPermitted, PictureError, Unavailable
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.sources import Files, FileStatus, OpenedFile
from shared.sources.archives.members import member_uri
from tests.archives import write_archive
from tests.drawn import JPEG

ROW = ImageRow(
    id="0" * 32,
    uri="s3://bucket/a.jpg",
    sha256="0" * 64,
    width=1,
    height=1,
    bytes=1,
    mtime_ns=1,
    format="jpeg",
    added_at=1,
    job="0" * 32,
    tags=(),
    metadata={},
)


class Broken(io.BytesIO):
    """A file whose place has gone away."""

    def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - of any size
        raise OSError(5, "gone")


@pytest.mark.parametrize(
    ("failure", "answered"),
    [
        (PictureError("unreachable", "No answer."), Unavailable),
        (PictureError("missing", "Gone."), NotFound),
        (NotPermitted("unreadable", "Refused."), NotPermitted),
    ],
)
def test_only_a_place_that_is_away_is_worth_another_try(
    failure: PictureError,
    answered: type[Exception],
    base_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> OpenedFile:
        raise failure

    with Files(base_settings) as files:
        monkeypatch.setattr(files, "open", refuse)
        with pytest.raises(answered) as error:
            open_original(ROW, "c", files)
    assert type(error.value) is answered


def test_a_file_that_cannot_be_read_any_more_is_closed(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Broken(JPEG)
    opened = OpenedFile(file, FileStatus(len(JPEG), 1))
    with Files(base_settings) as files:
        monkeypatch.setattr(files, "open", lambda *_: opened)
        with pytest.raises(Unavailable) as error:
            picture_response(ROW, "c", files, {}, None)
    assert (error.value.code, error.value.status) == ("unreachable", 503)
    assert file.closed


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_the_version_of_a_packed_picture_is_known_unopened(
    suffix: str, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = base_settings.image_roots[0] / f"a{suffix}"
    write_archive(path, {"a.jpg": JPEG})
    row = ROW.model_copy(update={"uri": member_uri(file_uri(path), "a.jpg")})
    with Files(base_settings) as files:
        original = open_original(row, "c", files)
        original.file.close()
        monkeypatch.setattr(files, "open", None)
        assert known_version(row, "c", files) == original.version()
        assert known_version(row, "c", files, 64) == original.version(64)
        etag = f'"{original.version()}"'
        reply = picture_response(row, "c", files, {"if-none-match": etag}, None)
        assert (reply.status_code, reply.headers["etag"]) == (304, etag)
        path.unlink()
        with pytest.raises(NotFound):
            known_version(row, "c", files)


def test_a_file_on_disk_is_opened_to_tell_its_version(base_settings: Settings) -> None:
    path = base_settings.image_roots[0] / "a.jpg"
    path.write_bytes(JPEG)
    row = ROW.model_copy(update={"uri": file_uri(path)})
    with Files(base_settings) as files:
        assert known_version(row, "c", files) is None


async def test_originals_that_are_read_when_opened_leave_threads_to_others(
    base_settings: Settings,
) -> None:
    with Files(base_settings) as files:
        threads, hung = OriginalThreads(files), threading.Event()
        try:
            async with anyio.create_task_group() as tasks:
                for uri in ("s3://bucket/a.jpg", "file:///a.zip!/b.jpg") * 30:
                    tasks.start_soon(threads.run, uri, hung.wait)
                with anyio.fail_after(20):
                    await threads.run("file:///a.jpg", int)
                    await anyio.to_thread.run_sync(int)
                    hung.set()
        finally:
            hung.set()
