"""Fixtures that open the page of a real system in a real browser."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from gateway.http.web_page import DIST
from tests.browser.chromium import chromium, executable
from tests.browser.site import TIMEOUT_MS, Site, visiting
from tests.conftest import test_data
from tests.drawn import draw_files
from tests.stack import Stack

Visit = Callable[..., Site]
Put = Callable[[str, str, int], list[Path]]

expect.set_options(timeout=TIMEOUT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


# For the package only: while it is open, Playwright's event loop is in the way of async tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if executable() is None:
        _missing("Chromium is not installed")
    if not (DIST / "index.html").is_file():
        _missing("the page is not built: run `make page`")
    with chromium() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """Makes visitors, each with a fresh browser profile; all are checked for errors at the end."""
    sites: list[Site] = []
    with ExitStack() as profiles:

        def make(url: str = stack.url, **options: Any) -> Site:
            site = profiles.enter_context(visiting(browser, url, **options))
            sites.append(site)
            return site

        yield make
        for site in sites:
            site.check()


@pytest.fixture
def site(visit: Visit) -> Site:
    """A visitor at a desk."""
    return visit()


def put_pictures(root: Path, name: str, label: str, count: int) -> list[Path]:
    """Put pictures of one kind of clothing, or drawn ones, into `root/name/label`."""
    folder = root / name / label
    folder.mkdir(parents=True, exist_ok=True)
    data = test_data()
    if data is None:
        drawn = draw_files(folder, count, first=sum(map(ord, label)) * 1000)
        return [path.rename(folder / path.name) for path in drawn]
    found = sorted((data / "clothing" / label).glob("*.jpg"))[:count]
    return [Path(shutil.copy(path, folder)) for path in found]


@pytest.fixture
def put(stack: Stack) -> Put:
    """Put pictures under the image root: `put(folder, kind, count)`."""

    def into(name: str, label: str, count: int) -> list[Path]:
        return put_pictures(stack.image_root, name, label, count)

    return into


@pytest.fixture(scope="package")
def wardrobe(stack: Stack) -> dict[str, list[Path]]:
    """The pictures of the collection `wardrobe` by kind, which is their tag; nobody changes it."""
    kinds = {
        label: put_pictures(stack.image_root, "wardrobe", label, 16)
        for label in ("dress", "shoes", "pants")
    }
    jobs = [stack.load("wardrobe", paths[0].parent, tags=[label]) for label, paths in kinds.items()]
    for job in jobs:
        assert stack.wait_job(job["id"])["status"] == "done"
    return kinds


def plant_duplicates(folder: Path, paths: Sequence[Path]) -> None:
    """Two more files with the bytes of the first picture, and the second one made smaller."""
    for name in ("again", "and-again"):
        shutil.copy(paths[0], folder / f"{name}.jpg")
    with Image.open(paths[1]) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(folder / "smaller.jpg")


def find_duplicates(stack: Stack, collection: str) -> None:
    job = stack.client.post(f"/api/v2/collections/{collection}/duplicates").json()
    assert stack.wait_job(job["id"])["status"] == "done"


@pytest.fixture
def at_start(site: Site, wardrobe: dict[str, list[Path]]) -> Site:
    """A visitor of Search, before a collection that is loaded."""
    assert wardrobe
    site.open("search", collection="wardrobe")
    return site
