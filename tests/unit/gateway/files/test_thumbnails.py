"""The thumbnail cache: kept, renewed, bounded."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.files.originals import version
from gateway.files.thumbnailer import Thumbnailer
from gateway.files.thumbnails import Thumbnails
from shared.settings import Settings
from tests.drawn import draw

Open = Callable[..., Thumbnails]


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
    opened: Open, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = opened()
    first, etag = await cache.get(picture, 64)

    monkeypatch.setattr(Thumbnailer, "shrink", None)

    assert await cache.get(picture, 64) == (first, etag)
    assert await opened().get(picture, 64) == (first, etag)


async def test_a_changed_file_has_another_thumbnail(opened: Open, picture: Path) -> None:
    cache = opened()
    before = await cache.get(picture, 64)
    draw(2).save(picture)

    after = await cache.get(picture, 64)

    assert before[0] != after[0]
    assert before[1] != after[1]


async def test_the_longest_unused_make_room(
    opened: Open, base_settings: Settings, tmp_path: Path
) -> None:
    pictures = []
    for number in range(8):
        path = tmp_path / f"{number}.png"
        draw(number).save(path)
        pictures.append(path)
    one, _ = await opened().get(pictures[0], 64)
    cache = opened(max_bytes=4 * len(one))
    for number, path in enumerate(pictures):
        await cache.get(path, 64)
        for age, file in enumerate(sorted(files(base_settings), key=os.path.getmtime)):
            os.utime(file, (1000 + number * 100 + age,) * 2)

    assert sum(file.stat().st_size for file in files(base_settings)) <= 4 * len(one)
    assert 1 <= len(files(base_settings)) < 8
    newest = version(pictures[-1], 64)
    assert any(file.stem == newest for file in files(base_settings))


async def test_a_disk_that_cannot_be_written_costs_only_the_cache(
    opened: Open, base_settings: Settings, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("where the data directory should be")
    broken = base_settings.model_copy(update={"data_dir": tmp_path / "file"})

    data, _ = await opened(broken).get(picture, 64)

    assert data[8:12] == b"WEBP"
    assert files(base_settings) == []


async def test_a_missing_file_is_an_os_error(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await opened().get(tmp_path / "gone.png", 64)
