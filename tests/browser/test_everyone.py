"""Usable by all: keyboard, focus, both colour schemes, reduced motion, phones, no inline code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Put, Visit
from tests.browser.site import VIEWS, Site
from tests.stack import Stack

Wardrobe = dict[str, list[Path]]


@pytest.fixture(scope="module")
def many_collections(stack: Stack) -> Iterator[None]:
    """So many that their list is searched and scrolled."""
    names = [f"many_{index}" for index in range(10)]
    for name in names:
        body = {"name": name, "index": {"type": "FLAT"}}
        assert stack.client.post("/api/v2/collections", json=body).status_code == 201
    yield
    for name in names:
        stack.client.delete(f"/api/v2/collections/{name}")


@pytest.mark.usefixtures("many_collections")
@pytest.mark.parametrize("view", ["search", "library", "loading"])
def test_every_stop_of_the_tab_key_can_be_seen(site: Site, wardrobe: Wardrobe, view: str) -> None:
    assert wardrobe
    site.open(view, collection="wardrobe")
    expect(site.page.get_by_role("heading", level=1)).to_be_visible()
    stops: list[tuple[str, bool]] = []
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
    expect(site.page.get_by_role("slider", name="Smallest match")).to_be_visible()
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


_SCRIPTS_SENT = """
() => performance.getEntriesByType('resource')
  .filter(({ name }) => name.endsWith('.js'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""


def test_the_first_view_comes_with_little_code(visit: Visit) -> None:
    for view in VIEWS:
        site = visit()
        if view == "duplicates":
            # Nobody has looked for them in this collection.
            site.allow("404")
        site.open(view)
        expect(site.page.get_by_role("heading", level=1)).to_be_visible()
        assert 50_000 < site.page.evaluate(_SCRIPTS_SENT) < 300_000
