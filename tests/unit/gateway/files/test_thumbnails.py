"""The thumbnail cache: kept, renewed, bounded."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.files.originals import Original
from gateway.files.thumbnailer import Thumbnailer
from gateway.files.thumbnails import Thumbnails
from shared.settings import Settings
from shared.sources.local import status_of
from tests.drawn import draw

Open = Callable[..., Thumbnails]


class Pictures:
    """Opens pictures as the routes do."""

    def __init__(self) -> None:
        self.opened: list[Original] = []

    def __call__(self, path: Path) -> Original:
        file = path.open("rb")
        original = Original(f"file://{path}", file, status_of(os.fstat(file.fileno())))
        self.opened.append(original)
        return original


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    opened = Pictures()
    yield opened
    for original in opened.opened:
        original.file.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    draw(1).save(path)
    return path


@pytest.fixture
def opened(base_settings: Settings) -> Iterator[Open]:
    """Open caches, which are closed in the end."""
    caches = []

    def one(settings: Settings = base_settings, **options: int) -> Thumbnails:
        caches.append(Thumbnails(settings, **options))
        return caches[-1]

    yield one
    for cache in caches:
        cache.close()


def files(settings: Settings) -> list[Path]:
    return sorted((settings.data_dir / "thumbnails").rglob("*.*"))


async def test_a_thumbnail_is_made_once(
    opened: Open, pictures: Pictures, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = opened()
    first, etag = await cache.get(pictures(picture), 64)

    monkeypatch.setattr(Thumbnailer, "shrink", None)

    assert await cache.get(pictures(picture), 64) == (first, etag)
    assert await opened().get(pictures(picture), 64) == (first, etag)


async def test_a_changed_file_has_another_thumbnail(
    opened: Open, pictures: Pictures, picture: Path
) -> None:
    cache = opened()
    before = await cache.get(pictures(picture), 64)
    draw(2).save(picture)

    after = await cache.get(pictures(picture), 64)

    assert before[0] != after[0]
    assert before[1] != after[1]


async def test_the_longest_unused_make_room(
    opened: Open, pictures: Pictures, base_settings: Settings, tmp_path: Path
) -> None:
    paths = []
    for number in range(8):
        path = tmp_path / f"{number}.png"
        draw(number).save(path)
        paths.append(path)
    one, _ = await opened().get(pictures(paths[0]), 64)
    cache = opened(max_bytes=4 * len(one))
    for number, path in enumerate(paths):
        await cache.get(pictures(path), 64)
        for age, file in enumerate(sorted(files(base_settings), key=os.path.getmtime)):
            os.utime(file, (1000 + number * 100 + age,) * 2)

    assert sum(file.stat().st_size for file in files(base_settings)) <= 4 * len(one)
    assert 1 <= len(files(base_settings)) < 8
    newest = pictures(paths[-1]).version(64)
    assert any(file.stem == newest for file in files(base_settings))


async def test_a_disk_that_cannot_be_written_costs_only_the_cache(
    opened: Open, pictures: Pictures, base_settings: Settings, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("where the data directory should be")
    broken = base_settings.model_copy(update={"data_dir": tmp_path / "file"})

    data, _ = await opened(broken).get(pictures(picture), 64)

    assert data[8:12] == b"WEBP"
    assert files(base_settings) == []


async def test_what_was_opened_is_drawn_and_nothing_in_its_place(
    opened: Open, pictures: Pictures, picture: Path, tmp_path: Path
) -> None:
    expected, _ = await opened().get(pictures(picture), 64)
    original = pictures(picture)
    (tmp_path / "elsewhere").mkdir()
    draw(2).save(tmp_path / "elsewhere" / picture.name)
    picture.unlink()
    picture.symlink_to(tmp_path / "elsewhere" / picture.name)
    for cached in (tmp_path / "data").rglob("*.webp"):
        cached.unlink()

    assert (await opened().get(original, 64))[0] == expected
