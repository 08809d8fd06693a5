"""axe-core finds no violation in any state of the page, in light and dark, at every width."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from gateway.http.web_page import DIST
from shared.domain.image import image_id
from shared.files.uris import file_uri
from tests.browser.conftest import Visit, find_duplicates, plant_duplicates, put_pictures
from tests.browser.site import Site
from tests.stack import Stack

Wardrobe = dict[str, list[Path]]

WIDTHS = (2560, 1920, 1280, 1024, 768, 360)
AXE_WIDTHS = (1280, 360)

_AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
_STILL = """
async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const moving = () => document.getAnimations().some(({ playState }) => playState === 'running');
  // A transition may start one further in: of a colour that is inherited, say.
  for (let calm = 0; calm < 4; calm = moving() ? 0 : calm + 1) await frame();
}
"""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _search(site: Site, wardrobe: Wardrobe) -> None:
    image = image_id(file_uri(wardrobe["dress"][0]))
    site.open("search", collection="wardrobe", image=image, crop="0.2,0.2,0.5,0.5")
    expect(site.hits.first).to_be_visible()


def _start(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("search", collection="wardrobe")
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()


def _library(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("library", collection="wardrobe")
    expect(site.pictures.first).to_be_visible()


def _examples(site: Site, wardrobe: Wardrobe) -> None:
    """Also a filter that is at fault, and a selection."""
    first, second, third = (image_id(file_uri(path)) for path in wardrobe["dress"][:3])
    site.open(
        "search",
        collection="wardrobe",
        image=first,
        like=second,
        unlike=third,
        where="width~least~wide",
    )
    expect(site.hits.first).to_be_visible()
    site.hits.first.press("Space")
    expect(site.page.get_by_role("toolbar")).to_be_visible()


def _lightbox(site: Site, wardrobe: Wardrobe) -> None:
    _search(site, wardrobe)
    site.hits.first.click()
    site.page.get_by_role("dialog").get_by_role("button", name="Compare").click()
    expect(site.page.get_by_role("img", name="Searched with").last).to_be_visible()


def _detail(site: Site, wardrobe: Wardrobe) -> None:
    """The lightbox with the outline of the part by which the picture was found."""
    smaller = wardrobe["dress"][0].parents[2] / "parts" / "hat" / "smaller.jpg"
    image = image_id(file_uri(smaller))
    site.open("search", collection="parts", image=image, crop="0.5,0,0.5,0.5")
    site.hits.first.click()
    slide = site.page.get_by_role("dialog").get_by_role("group", name=re.compile("^1 of"))
    expect(slide.get_by_role("img", name="The part that was found")).to_be_visible()


def _system(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("system")
    expect(site.page.get_by_role("table")).to_be_visible()


def _keys(site: Site, _wardrobe: Wardrobe) -> None:
    """Where nobody administers, as on this stack, no key can be made; all else is there."""
    site.open("keys")
    site.page.get_by_role("button", name="New key").click()
    expect(site.page.get_by_role("combobox", name="Collections")).to_be_visible()


def _dialog(site: Site, wardrobe: Wardrobe) -> None:
    _library(site, wardrobe)
    site.page.get_by_role("button", name="New collection").click()
    site.page.get_by_role("checkbox", name="Find pictures by a detail").check()


def _duplicates(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("duplicates", collection="planted", grade="copy")
    expect(site.groups.first).to_be_visible()


def _undecided(site: Site, wardrobe: Wardrobe) -> None:
    _duplicates(site, wardrobe)
    site.groups.first.get_by_role("button", name="Keep one").click()
    expect(site.page.get_by_role("dialog")).to_be_visible()


def _loading(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("loading", collection="wardrobe")
    card = site.jobs.filter(has_text="failed file").first
    card.get_by_role("button", name="Show 1 failed file").click()
    expect(card.get_by_role("table")).to_be_visible()
    for options in site.page.get_by_text("Options", exact=True).all():
        options.click()


def _addresses(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("loading", collection="wardrobe")
    site.page.get_by_role("radiogroup", name="What to load").get_by_text("Addresses").click()
    site.page.get_by_role("textbox", name="Addresses").fill("no address")
    expect(site.page.get_by_role("alert")).to_be_visible()
    site.page.get_by_text("Load it again by itself").click()


def _folders(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("loading", collection="wardrobe")
    site.page.get_by_role("combobox", name="Folder", exact=True).click()
    expect(site.page.get_by_role("option").first).to_be_visible()


def _picker(site: Site, wardrobe: Wardrobe) -> None:
    _library(site, wardrobe)
    site.page.get_by_role("combobox", name="Collection").click()
    expect(site.page.get_by_role("option", name="wardrobe")).to_be_visible()


def _lost(site: Site, _wardrobe: Wardrobe) -> None:
    site.page.goto(f"{site.url}/nowhere")
    expect(site.page.get_by_text("There is no such page")).to_be_visible()


STATES: dict[str, Callable[[Site, Wardrobe], None]] = {
    "start": _start,
    "search": _search,
    "library": _library,
    "examples": _examples,
    "lightbox": _lightbox,
    "detail": _detail,
    "system": _system,
    "keys": _keys,
    "dialog": _dialog,
    "duplicates": _duplicates,
    "undecided": _undecided,
    "loading": _loading,
    "addresses": _addresses,
    "folders": _folders,
    "picker": _picker,
    "lost": _lost,
}


@pytest.fixture(scope="module")
def failed_load(stack: Stack) -> None:
    """A load with a failure, so that the failures' table is looked at too."""
    folder = stack.image_root / "failed_load"
    folder.mkdir()
    (folder / "broken.jpg").write_text("no picture")
    assert stack.wait_job(stack.load("failed_load", folder)["id"])["failed"] == 1


@pytest.fixture(scope="module")
def planted(stack: Stack) -> None:
    """A collection with duplicates, which are found."""
    paths = put_pictures(stack.image_root, "planted", "hat", 4)
    plant_duplicates(paths[0].parent, paths)
    job = stack.load("planted", paths[0].parent)
    assert stack.wait_job(job["id"])["status"] == "done"
    find_duplicates(stack, "planted")


@pytest.fixture(scope="module")
def parts(stack: Stack) -> None:
    """A collection with regions, of pictures and a smaller copy of the second one."""
    paths = put_pictures(stack.image_root, "parts", "hat", 2)
    plant_duplicates(paths[0].parent, paths)
    body = {"name": "parts", "regions": True}
    assert stack.client.post("/api/v2/collections", json=body).status_code == 201
    job = stack.load("parts", paths[0].parent)
    assert stack.wait_job(job["id"])["status"] == "done"


@pytest.mark.usefixtures("failed_load", "planted", "parts")
@pytest.mark.parametrize("state", STATES)
def test_a_state_is_fit_for_everyone(visit: Visit, wardrobe: Wardrobe, state: str) -> None:
    """Never wider than the screen; on desk and phone, in light and dark, axe finds nothing."""
    site = visit(viewport={"width": WIDTHS[0], "height": 800}, reduced_motion="reduce")
    STATES[state](site, wardrobe)
    site.page.evaluate(_AXE.read_text())
    # From wide to narrow: what has not given way yet is still too wide, and waited for.
    for width in WIDTHS:
        site.page.set_viewport_size({"width": width, "height": 800})
        site.page.wait_for_function(
            "(width) => document.documentElement.scrollWidth <= width", arg=width
        )
        for scheme in ("light", "dark") if width in AXE_WIDTHS else ():
            # As the system's own setting turns.
            site.page.emulate_media(color_scheme=scheme)
            root = site.page.locator("html")
            expect(root).to_have_attribute("data-mantine-color-scheme", scheme)
            site.page.evaluate(_STILL)
            assert _violations(site) == [], f"{state}, {width} px, {scheme}"


def _violations(site: Site) -> list[tuple[str, Any, str]]:
    report: dict[str, Any] = site.page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", _RULES
    )
    assert len(report["passes"]) > 10
    return [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
