"""For everyone: axe-core on every view, keyboard, contrast of focus, narrow and wide screens."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from gateway.page import DIST
from shared.names import file_uri, image_id
from tests.browser.conftest import Put, Visit
from tests.browser.site import DESKTOP, PHONE, Site
from tests.stack import Stack

Wardrobe = dict[str, list[Path]]

_AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _search(site: Site, wardrobe: Wardrobe) -> None:
    image = image_id(file_uri(wardrobe["dress"][0]))
    site.open("search", collection="wardrobe", image=image, crop="0.2,0.2,0.5,0.5")
    expect(site.hits.first).to_be_visible()


def _start(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("search", collection="wardrobe")
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()


def _lightbox(site: Site, wardrobe: Wardrobe) -> None:
    _library(site, wardrobe)
    site.pictures.first.click()
    expect(site.page.get_by_role("dialog").get_by_text("1 of 48")).to_be_visible()


def _library(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("library", collection="wardrobe")
    expect(site.pictures.first).to_be_visible()


def _selection(site: Site, wardrobe: Wardrobe) -> None:
    _library(site, wardrobe)
    site.pictures.first.press("Space")
    expect(site.page.get_by_role("toolbar")).to_be_visible()


def _dialog(site: Site, wardrobe: Wardrobe) -> None:
    _library(site, wardrobe)
    site.page.get_by_role("button", name="New collection").click()
    expect(site.page.get_by_role("dialog")).to_be_visible()


def _loading(site: Site, _wardrobe: Wardrobe) -> None:
    site.open("loading", collection="wardrobe")
    card = site.jobs.filter(has_text="failed file").first
    card.get_by_role("button", name="Show 1 failed file").click()
    expect(card.get_by_role("table")).to_be_visible()
    for options in site.page.get_by_text("Options", exact=True).all():
        options.click()


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
    "selection": _selection,
    "lightbox": _lightbox,
    "dialog": _dialog,
    "loading": _loading,
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


@pytest.mark.usefixtures("failed_load")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(
    visit: Visit, wardrobe: Wardrobe, state: str, size: dict[str, int], scheme: str
) -> None:
    site = visit(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    STATES[state](site, wardrobe)
    site.page.evaluate(_AXE.read_text())
    report: dict[str, Any] = site.page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags })", _RULES
    )
    found = [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
    assert found == []
    assert len(report["passes"]) > 10


@pytest.mark.usefixtures("failed_load")
@pytest.mark.parametrize("width", [360, 768, 1024, 1920, 2560])
def test_nothing_is_wider_than_the_screen(visit: Visit, wardrobe: Wardrobe, width: int) -> None:
    site = visit(viewport={"width": width, "height": 740})
    for state in STATES.values():
        state(site, wardrobe)
        wide = site.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width


@pytest.mark.parametrize("view", ["search", "library", "loading"])
def test_every_stop_of_the_tab_key_can_be_seen(site: Site, wardrobe: Wardrobe, view: str) -> None:
    assert wardrobe
    site.open(view, collection="wardrobe")
    expect(site.page.get_by_role("heading", level=1)).to_be_visible()
    stops = []
    for _ in range(40):
        site.page.keyboard.press("Tab")
        stop = site.page.evaluate(_STOP)
        if stop is None or stop["name"] in [name for name, _ in stops]:
            break
        stops.append((stop["name"], stop["outline"]))
    assert stops[0][0] == "Skip to content"
    assert len(stops) > 7
    assert [name for name, outline in stops if not outline] == []


_STOP = """
() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const name = stop.getAttribute('aria-label') ?? (stop.textContent || stop.placeholder || stop.id);
  const outlined = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  return { name, outline: outlined(stop) || outlined(stop.parentElement) };
}
"""


def test_skip_to_content(site: Site) -> None:
    site.open("library")
    expect(site.page.get_by_role("heading", level=1)).to_be_visible()
    site.page.keyboard.press("Tab")
    site.page.keyboard.press("Enter")
    expect(site.page.get_by_role("main")).to_be_focused()


def test_light_and_dark_by_the_system_and_by_the_switch(visit: Visit) -> None:
    site = visit(color_scheme="dark")
    site.open("search")
    root = site.page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    site.page.get_by_role("button", name="Switch to light colours").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    site.page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    # Back at the system's own scheme, it is followed again.
    site.page.get_by_role("button", name="Switch to dark colours").click()
    site.page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")


_SLOW = """
() => {
  const seconds = (one) => getComputedStyle(one).transitionDuration.split(',').map(parseFloat);
  const all = [...document.querySelectorAll('*')];
  const slow = all.filter((one) => Math.max(...seconds(one)) > 0.01);
  return slow.map((one) => one.className);
}
"""


def test_nothing_moves_for_who_wants_no_motion(visit: Visit, put: Put, stack: Stack) -> None:
    put("motion", "hat", 8)
    site = visit(reduced_motion="reduce")
    site.open("loading", collection="motion")
    site.page.get_by_role("combobox", name="Folder", exact=True).fill(f"{stack.image_root}/motion")
    site.page.get_by_role("button", name="Load folder").click()
    bar = site.jobs.first.get_by_role("progressbar")
    expect(bar).to_be_visible()
    duration = bar.evaluate("(bar) => getComputedStyle(bar, '::after').animationDuration")
    assert duration in ("", "0s", "0.001s")
    slow = site.page.evaluate(_SLOW)
    assert slow == []


def test_a_phone_searches_and_opens(visit: Visit, wardrobe: Wardrobe) -> None:
    site = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    site.open("search", collection="wardrobe")
    site.search_with(wardrobe["dress"][0])
    site.page.get_by_text("Narrow the search").tap()
    expect(site.page.get_by_role("slider", name="Results")).to_be_visible()
    site.page.get_by_text("Narrow the search").tap()
    site.hits.first.tap()
    box = site.page.get_by_role("dialog")
    expect(box.get_by_role("button", name="Find similar")).to_be_visible()
    site.page.go_back()
    expect(box).to_have_count(0)
    site.page.get_by_role("navigation", name="Views").get_by_role("link", name="Library").tap()
    expect(site.pictures.first).to_be_visible()


def test_the_page_asks_for_nothing_inline_and_caches_what_is_hashed(
    site: Site, stack: Stack
) -> None:
    reply = stack.client.get("/", headers={"Accept": "text/html"})
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    site.open("search")
    expect(site.page.get_by_role("heading", level=1)).to_be_visible()
    scripts = site.page.evaluate("[...document.scripts].map(({ src }) => src)")
    assert scripts
    for script in scripts:
        cached = stack.client.get(script).headers["Cache-Control"]
        assert "immutable" in cached
