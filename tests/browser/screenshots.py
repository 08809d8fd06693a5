"""Pictures of every view, desktop and phone, light and dark: `make screenshots`.

Runs the whole system with clothing photos (LOOKALIKE_TEST_DATA) and writes docs/screenshots/*.png;
with names of views as arguments, of these alone.
"""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from tests.browser.chromium import chromium
from tests.browser.conftest import find_duplicates
from tests.browser.site import DESKTOP, PHONE, TIMEOUT_MS, Site, visiting
from tests.conftest import test_data
from tests.stack import Stack, running_stack

_OUT = Path(__file__).parents[2] / "docs" / "screenshots"
_COLLECTION = "clothing"
_COPIES = "archive"
_CROP = "0.16,0.14,0.68,0.72"
_KINDS = ("dress", "hat", "outwear", "pants", "shirt", "shoes", "shorts", "skirt")
_EACH = 24
#: A palette makes a screenshot a third of its size, and few see the difference.
_COLOURS = 256
#: Colours of the page itself, which must not give way to those of the photos.
_OWN_COLOURS = (
    "ffffff 1c1c1c ffd400 fff3b0 3a3410 b3261e ff8a80 2458b8 8ab4ff f4f4f4 131313 171717 f2f2f2"
)

Show = Callable[[Site, str], None]


def start(site: Site, _image: str) -> None:
    site.open("search", collection=_COLLECTION)
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()


def search(site: Site, image: str) -> None:
    site.open("search", collection=_COLLECTION, image=image, crop=_CROP)
    expect(site.hits.first).to_be_visible()


def lightbox(site: Site, image: str) -> None:
    site.open("search", collection=_COLLECTION, image=image)
    site.hits.nth(1).click()
    expect(site.page.get_by_role("dialog").get_by_text(re.compile(r"^2 of \d+"))).to_be_visible()


def examples(site: Site, image: str) -> None:
    site.open("search", collection=_COLLECTION, image=image)
    expect(site.hits.first).to_be_visible()
    panel = site.page.get_by_role("complementary", name="What to search for")
    chips = panel.get_by_role("list", name="Examples").get_by_role("listitem")
    for count, (place, key) in enumerate(((0, "+"), (1, "+"), (5, "-")), 1):
        site.hits.nth(place).press(key)
        expect(chips.filter(has=site.page.locator("img"))).to_have_count(count)
        expect(site.page.locator("[aria-busy=true]")).to_have_count(0)
    narrow = site.page.get_by_text("Narrow the search")
    if narrow.count():
        narrow.click()
    site.page.get_by_role("button", name="Add a condition").click()
    folder = site.page.get_by_role("combobox", name="Value of condition 1")
    folder.fill("/tmp/photos/shoes")
    folder.press("Enter")
    site.has_parameter("where", "folder~not~/tmp/photos/shoes")
    expect(site.page.locator("[aria-busy=true]")).to_have_count(0)
    folder.blur()
    site.page.evaluate("window.scrollTo(0, 0)")
    panel.get_by_role("list", name="Examples").scroll_into_view_if_needed()


def compare(site: Site, image: str) -> None:
    site.open("search", collection=_COLLECTION, image=image, crop=_CROP)
    site.hits.nth(1).click()
    site.page.get_by_role("dialog").get_by_role("button", name="Compare").click()
    expect(site.page.get_by_text("Searched with:")).to_be_visible()


def system(site: Site, _image: str) -> None:
    site.open("system", collection=_COLLECTION)
    expect(site.page.get_by_role("table")).to_be_visible()


def library(site: Site, _image: str) -> None:
    site.open("library", collection=_COLLECTION, order="added_at")
    expect(site.pictures.first).to_be_visible()


def duplicates(site: Site, _image: str) -> None:
    site.open("duplicates", collection=_COPIES, grade="copy")
    expect(site.groups.nth(1)).to_be_visible()


def loading(site: Site, _image: str) -> None:
    site.open("loading", collection=_COLLECTION)
    expect(site.jobs.first.get_by_text("images/s")).to_be_visible()


DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}
VIEWS: tuple[Show, ...] = (
    *(start, search, examples, lightbox, compare),
    *(library, duplicates, system, loading),
)


def main() -> int:
    data = test_data()
    if data is None:
        sys.stderr.write("LOOKALIKE_TEST_DATA names no folder of real pictures.\n")
        return 1
    expect.set_options(timeout=TIMEOUT_MS)
    _OUT.mkdir(parents=True, exist_ok=True)
    with _system(data) as stack, chromium() as browser:
        image = _telling_image(stack)
        chosen = sys.argv[1:]
        for view in (view for view in VIEWS if not chosen or view.__name__ in chosen):
            if view is duplicates:
                _plant_copies(stack, data)
            if view is loading:
                _begin_load(stack, data)
            for size, device in DEVICES.items():
                for scheme in ("light", "dark"):
                    options = {**device, "color_scheme": scheme, "reduced_motion": "reduce"}
                    with visiting(browser, stack.url, **options) as site:
                        view(site, image)
                        _settle(site)
                        shot = site.page.screenshot()
                        site.check()
                    path = _OUT / f"{view.__name__}-{size}-{scheme}.png"
                    path.write_bytes(_small(shot))
                    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")
    return 0


@contextmanager
def _system(data: Path) -> Iterator[Stack]:
    """The system with a collection of clothes, one of whose files failed."""
    with tempfile.TemporaryDirectory(prefix="lookalike-") as folder, _image_root() as root:
        for kind in _KINDS:
            _copy(data / "clothing" / kind, root / kind, _EACH)
        (root / "hat" / "half-copied.jpg").write_bytes(
            (root / "hat" / "hat-001.jpg").read_bytes()[:2000]
        )
        with running_stack(Path(folder), root) as stack:
            jobs = [stack.load(_COLLECTION, root / kind, tags=[kind]) for kind in _KINDS]
            for job in jobs:
                stack.wait_job(job["id"], seconds=600)
            yield stack


@contextmanager
def _image_root() -> Iterator[Path]:
    """A folder whose path reads well in a picture; FileExistsError where there is one already."""
    root = Path(tempfile.gettempdir(), "photos")
    root.mkdir()
    try:
        yield root
    finally:
        shutil.rmtree(root)


def _copy(source: Path, target: Path, count: int) -> None:
    target.mkdir(parents=True)
    for index, path in enumerate(sorted(source.glob("*.jpg"))[:count], 1):
        shutil.copyfile(path, target / f"{target.name}-{index:03}.jpg")


def _telling_image(stack: Stack) -> str:
    """The image whose likes, and those of whose middle, are most often of its own kind."""

    def of_its_kind(image: dict[str, Any], hits: list[dict[str, Any]]) -> int:
        return sum(hit["tags"] == image["tags"] for hit in hits)

    def alike(image: dict[str, Any]) -> int:
        url = f"/api/v2/collections/{_COLLECTION}/images/{image['id']}/similar"
        return of_its_kind(image, stack.client.get(url, params={"top_k": 12}).json()["hits"])

    def middle_alike(image: dict[str, Any]) -> int:
        content = stack.client.get(image["content_url"]).content
        return of_its_kind(image, stack.search(_COLLECTION, content, crop=_CROP, top_k=12)["hits"])

    images = sorted(stack.images(_COLLECTION), key=lambda image: image["uri"])
    best = sorted(images, key=alike, reverse=True)[:30]
    found: str = max(best, key=lambda image: alike(image) + 2 * middle_alike(image))["id"]
    return found


def _plant_copies(stack: Stack, data: Path) -> None:
    """Another collection, with copies of some of its pictures."""
    folder = stack.image_root / _COPIES
    _copy(data / "clothing" / "shirt", folder, 12)
    web = folder / "web"
    web.mkdir()
    for path in sorted(folder.glob("*.jpg"))[:4]:
        with Image.open(path) as picture:
            width, height = picture.size
            picture.resize((width // 2, height // 2)).save(web / f"{path.stem}-small.jpg")
            if path.stem.endswith("1"):
                picture.save(web / f"{path.stem}-mail.jpg", quality=40)
    stack.wait_job(stack.load(_COPIES, folder)["id"])
    find_duplicates(stack, _COPIES)


def _begin_load(stack: Stack, data: Path) -> None:
    """A load that lasts for as long as its pictures are taken."""
    _copy(data / "clothing" / "t-shirt", stack.image_root / "t-shirt", 200)
    _copy(data / "clothing" / "longsleeve", stack.image_root / "longsleeve", 200)
    stack.load(_COLLECTION, stack.image_root, tags=["autumn"])


def _settle(site: Site) -> None:
    """Wait until all pictures in view are there."""
    site.page.wait_for_function(
        """() => [...document.images].every((image) => {
          const { top, bottom } = image.getBoundingClientRect();
          return bottom < 0 || top > innerHeight || (image.complete && image.naturalWidth > 0);
        })"""
    )
    site.page.wait_for_timeout(400)


def _small(shot: bytes) -> bytes:
    whole = Image.open(io.BytesIO(shot)).convert("RGB")
    own = bytes.fromhex(_OWN_COLOURS)
    palette = whole.quantize(_COLOURS - len(own) // 3, kmeans=1)
    palette.putpalette([*(palette.getpalette() or [])[: 3 * _COLOURS - len(own)], *own])
    picture = whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
