"""Storing uploads, without HTTP."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from gateway.files import uploads
from gateway.files.incoming import inspect
from shared.domain.collection import CollectionIdentity
from shared.errors import PictureError, StorageFull
from shared.files.stored import belongs_to
from shared.settings import Settings
from tests.drawn import draw

HOLIDAYS = CollectionIdentity(
    name="holidays", generation="g1", fingerprint="f", weights="w", pooling="avg"
)


def png(number: int) -> bytes:
    out = io.BytesIO()
    draw(number).save(out, "PNG")
    return out.getvalue()


def store(settings: Settings, *contents: bytes) -> list[uploads.Received]:
    incoming = [inspect(f"{n}", io.BytesIO(c)) for n, c in enumerate(contents)]
    with uploads.staged(incoming, HOLIDAYS, settings) as staged:
        return staged.place()


def below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_picture_lies_under_its_hash(base_settings: Settings) -> None:
    content = png(1)
    sha256 = hashlib.sha256(content).hexdigest()

    (received,) = store(base_settings, content)

    assert received.ref is not None
    assert received.ref.uri == f"upload://{sha256}.png"
    assert received.ref.size == len(content)
    place = base_settings.uploads_dir / "holidays" / sha256[:2] / f"{sha256}.png"
    assert place.read_bytes() == content
    assert place.stat().st_mtime_ns == received.ref.mtime_ns
    assert below(base_settings.uploads_dir) == [f"holidays/{sha256[:2]}/{sha256}.png"]


def test_what_is_no_picture_is_not_stored(base_settings: Settings) -> None:
    first, second, third = store(base_settings, b"", png(1), b"text")

    assert first.error is not None
    assert (first.ref, first.error.code) == (None, "empty_file")
    assert second.ref is not None
    assert third.error is not None
    assert (third.ref, third.error.code) == (None, "unsupported_format")
    assert len(below(base_settings.uploads_dir)) == 1


def test_the_same_picture_keeps_its_time(base_settings: Settings) -> None:
    (first,) = store(base_settings, png(1))
    (second,) = store(base_settings, png(1))

    assert first.ref == second.ref


def test_nothing_half_written_is_left(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StorageFull) as caught:
        store(base_settings, png(1))

    assert caught.value.code == "storage_full"
    assert "No space left" in caught.value.detail
    assert below(base_settings.uploads_dir) == []


def test_a_picture_outlives_a_power_cut(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content is flushed before it has its name, and its folders after that."""
    flushed: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        below_it = below(base_settings.uploads_dir)
        named = bool(below_it) and not any(".incoming-" in name for name in below_it)
        name = "file" if path.is_file() else str(path.relative_to(base_settings.uploads_dir))
        flushed.append(f"{name} {'named' if named else 'unnamed'}")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    content = png(1)
    store(base_settings, content)

    folder = f"holidays/{hashlib.sha256(content).hexdigest()[:2]}"
    assert flushed[0] == "file unnamed"
    assert set(flushed[1:]) == {f"{name} named" for name in (folder, "holidays", ".")}
    flushed.clear()
    store(base_settings, content)
    assert set(flushed) == {"file named"} or set(flushed) == {"file unnamed"}


def test_a_folder_says_whose_it_is(base_settings: Settings) -> None:
    store(base_settings, png(1))
    folder = base_settings.uploads_dir / "holidays"
    assert belongs_to(folder, "g1")
    assert not belongs_to(folder, "g2")
    assert not belongs_to(folder, "")
    # Whoever uploads to another collection of the name does not make the old files its own.
    again = HOLIDAYS.model_copy(update={"generation": "g2"})
    incoming = [inspect("a", io.BytesIO(png(2)))]
    with uploads.staged(incoming, again, base_settings) as staged:
        staged.place()
    assert not belongs_to(folder, "g2")


def test_only_uploads_are_removed(base_settings: Settings) -> None:
    (received,) = store(base_settings, png(1))
    assert received.ref is not None
    mine = base_settings.image_roots[0] / "mine.png"
    mine.write_bytes(png(2))

    uris = [received.ref.uri, f"file://{mine}", f"upload://{'0' * 64}.png"]
    uploads.remove(uris, "holidays", base_settings)

    assert mine.exists()
    assert below(base_settings.uploads_dir) == []


def test_a_uri_that_climbs_removes_nothing(base_settings: Settings) -> None:
    with pytest.raises(PictureError):
        uploads.remove(["upload://../../etc/passwd"], "holidays", base_settings)


@pytest.mark.parametrize(
    ("name", "shown"),
    [(None, ""), ("a\r\nb\0c", "abc"), ("x" * 999, "x" * 255), ("ä/ß.jpg", "ä/ß.jpg")],
)
def test_names_are_for_show(name: str | None, shown: str) -> None:
    assert inspect(name, io.BytesIO(png(1))).name == shown
