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

from shared.domain.image import image_id
from shared.files.uris import file_uri
from tests.browser.chromium import chromium
from tests.browser.site import DESKTOP, PHONE, TIMEOUT_MS, Site, visiting
from tests.browser.staging import (
    COLLECTION,
    COPIES,
    CROP,
    DETAILS,
    begin_load,
    copy,
    load_regions,
    plant_copies,
    telling_image,
)
from tests.conftest import test_data
from tests.stack import Stack, running_stack

_ROOT = Path(tempfile.gettempdir(), "photos")
_OUT = Path(__file__).parents[2] / "docs" / "screenshots"
_DETAIL = "0.5,0.5,0.45,0.45"
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
    site.open("search", collection=COLLECTION)
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()


def search(site: Site, image: str) -> None:
    site.open("search", collection=COLLECTION, image=image, crop=CROP)
    expect(site.hits.first).to_be_visible()


def lightbox(site: Site, image: str) -> None:
    site.open("search", collection=COLLECTION, image=image)
    site.hits.nth(1).click()
    expect(site.page.get_by_role("dialog").get_by_text(re.compile(r"^2 of \d+"))).to_be_visible()


def examples(site: Site, image: str) -> None:
    site.open("search", collection=COLLECTION, image=image)
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


def detail(site: Site, _image: str) -> None:
    """A picture that was found by a part of another file of it, in a collection with regions."""
    image = image_id(file_uri(_ROOT / DETAILS / "sent.jpg"))
    site.open("search", collection=DETAILS, image=image, crop=_DETAIL)
    site.hits.first.click()
    slide = site.page.get_by_role("dialog").get_by_role("group", name=re.compile("^1 of"))
    expect(slide.get_by_role("img", name="The part that was found")).to_be_visible()


def new_collection(site: Site, _image: str) -> None:
    site.open("library", collection=COLLECTION)
    expect(site.pictures.first).to_be_visible()
    site.page.get_by_role("button", name="New collection").click()
    dialog = site.page.get_by_role("dialog", name="New collection")
    dialog.get_by_label("Name").fill("photos")
    dialog.get_by_role("checkbox", name="Find pictures by a detail").check()


def compare(site: Site, image: str) -> None:
    site.open("search", collection=COLLECTION, image=image, crop=CROP)
    site.hits.nth(1).click()
    site.page.get_by_role("dialog").get_by_role("button", name="Compare").click()
    expect(site.page.get_by_text("Searched with:")).to_be_visible()


def system(site: Site, _image: str) -> None:
    site.open("system", collection=COLLECTION)
    expect(site.page.get_by_role("table")).to_be_visible()


def keys(site: Site, _image: str) -> None:
    site.open("keys", collection=COLLECTION)
    site.page.get_by_role("button", name="New key").click()
    form = site.page.get_by_role("dialog")
    form.get_by_label("Name").fill("web shop")
    patterns = form.get_by_label("Collections").first
    patterns.fill("clothing*")
    patterns.press("Enter")
    expect(form.get_by_text("clothing*")).to_be_visible()


def library(site: Site, _image: str) -> None:
    site.open("library", collection=COLLECTION, order="added_at")
    expect(site.pictures.first).to_be_visible()


def duplicates(site: Site, _image: str) -> None:
    site.open("duplicates", collection=COPIES, grade="copy")
    expect(site.groups.nth(1)).to_be_visible()


def loading(site: Site, _image: str) -> None:
    site.open("loading", collection=COLLECTION)
    expect(site.jobs.first.get_by_text("images/s")).to_be_visible()


DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}
VIEWS: tuple[Show, ...] = (
    *(start, search, examples, lightbox, detail, compare),
    *(library, new_collection, duplicates, system, keys, loading),
)


def main() -> int:
    data = test_data()
    if data is None:
        sys.stderr.write("LOOKALIKE_TEST_DATA names no folder of real pictures.\n")
        return 1
    expect.set_options(timeout=TIMEOUT_MS)
    _OUT.mkdir(parents=True, exist_ok=True)
    with _system(data) as stack, chromium() as browser:
        image = telling_image(stack)
        chosen = sys.argv[1:]
        for view in (view for view in VIEWS if not chosen or view.__name__ in chosen):
            if view is duplicates:
                plant_copies(stack, data)
            if view is detail:
                load_regions(stack, data)
            if view is loading:
                begin_load(stack, data)
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
            copy(data / "clothing" / kind, root / kind, _EACH)
        (root / "hat" / "half-copied.jpg").write_bytes(
            (root / "hat" / "hat-001.jpg").read_bytes()[:2000]
        )
        with running_stack(Path(folder), root) as stack:
            jobs = [stack.load(COLLECTION, root / kind, tags=[kind]) for kind in _KINDS]
            for job in jobs:
                stack.wait_job(job["id"], seconds=600)
            yield stack


@contextmanager
def _image_root() -> Iterator[Path]:
    """A folder whose path reads well in a picture; FileExistsError where there is one already."""
    _ROOT.mkdir()
    try:
        yield _ROOT
    finally:
        shutil.rmtree(_ROOT)


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
