"""Search: by file, drop, paste, crop and stored image; filters; the state in its address."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shared.domain.image import image_id
from shared.files.uris import file_uri
from tests.browser.conftest import Visit
from tests.browser.site import Site

Wardrobe = dict[str, list[Path]]

_PASTE = """
async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d').drawImage(picture, 0, 0);
  const png = await canvas.convertToBlob({ type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}
"""


@pytest.fixture
def dress(wardrobe: Wardrobe) -> Path:
    return wardrobe["dress"][0]


def test_by_file(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    expect(at_start.hits.first).to_have_accessible_name(f"1. {dress.name}, identical")
    at_start.has_results(48)
    expect(at_start.page.get_by_role("img", name=f"Searched with: {dress.name}")).to_be_visible()


def test_by_drop_and_by_another_drop(at_start: Site, wardrobe: Wardrobe) -> None:
    zone = at_start.page.get_by_text("Drop a picture here")
    at_start.drop(zone, wardrobe["shoes"][:1])
    expect(at_start.hits.first).to_have_accessible_name(re.compile(wardrobe["shoes"][0].name))
    at_start.drop(at_start.page.locator("main"), wardrobe["dress"][:2])
    expect(at_start.hits.first).to_have_accessible_name(re.compile(wardrobe["dress"][0].name))
    expect(at_start.page.get_by_text("One picture at a time")).to_be_visible()


def test_by_paste(visit: Visit, dress: Path) -> None:
    site = visit(permissions=["clipboard-read", "clipboard-write"])
    site.open("search", collection="wardrobe")
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()
    site.page.evaluate(_PASTE, base64.b64encode(dress.read_bytes()).decode())
    site.page.keyboard.press("Control+V")
    expect(site.hits.first).to_have_accessible_name(re.compile(dress.name))


def _draw(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.get_by_role("img", name=re.compile("Searched with")).bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=8)
    page.mouse.up()


def _has_crop(page: Page, wanted: list[float]) -> None:
    """Wait for the box's place: the address follows while a slow machine still moves the mouse."""
    page.wait_for_function(
        """(wanted) => {
          const crop = new URLSearchParams(location.search).get('crop')?.split(',') ?? [];
          return wanted.every((part, index) => Math.abs(part - Number(crop[index])) <= 0.02);
        }""",
        arg=wanted,
    )


def test_by_a_box_that_is_drawn_moved_and_removed(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    whole = at_start.hits.first.get_attribute("aria-label")
    _draw(at_start.page, (0.2, 0.2), (0.6, 0.7))
    _has_crop(at_start.page, [0.2, 0.2, 0.4, 0.5])
    expect(at_start.hits.first).not_to_have_accessible_name(whole or "")

    # The box itself is dragged; the results follow.
    _draw(at_start.page, (0.4, 0.4), (0.5, 0.6))
    _has_crop(at_start.page, [0.3, 0.4, 0.4, 0.5])

    at_start.page.get_by_role("button", name="Whole picture").click()
    expect(at_start.hits.first).to_have_accessible_name(whole or "")


def test_a_box_by_keyboard(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    at_start.page.get_by_role("button", name="Only a part").press("Enter")
    at_start.has_parameter("crop", "0.2,0.2,0.6,0.6")
    at_start.page.get_by_label("The part to search by").press("ArrowRight")
    at_start.page.wait_for_function("() => !location.search.includes('crop=0.2%2C')")


def test_by_find_similar(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    second = at_start.hits.nth(1).get_attribute("aria-label") or ""
    name = second.removeprefix("2. ").rpartition(", ")[0]
    at_start.hits.nth(1).click()
    at_start.page.get_by_role("dialog").get_by_role("button", name="Find similar").click()
    expect(at_start.page.get_by_role("img", name=f"Searched with: {name}")).to_be_visible()
    expect(at_start.hits.first).not_to_have_accessible_name(re.compile(name))
    at_start.page.go_back()
    expect(at_start.page.get_by_role("img", name=f"Searched with: {dress.name}")).to_be_visible()


@pytest.mark.parametrize("how", ["path", "id", "address"])
def test_by_the_name_of_a_stored_image(at_start: Site, dress: Path, how: str) -> None:
    image = image_id(file_uri(dress))
    text = {
        "path": str(dress),
        "id": image,
        "address": f"{at_start.url}/api/v2/collections/wardrobe/images/{image}/content",
    }[how]
    at_start.page.get_by_label("Address of a picture").fill(text)
    at_start.page.keyboard.press("Enter")
    at_start.has_parameter("image", image)
    expect(at_start.page.get_by_role("img", name=f"Searched with: {dress.name}")).to_be_visible()
    at_start.has_results(47)


def test_what_names_no_image_is_said_to(at_start: Site) -> None:
    at_start.page.get_by_label("Address of a picture").fill("cat.jpg")
    at_start.page.keyboard.press("Enter")
    expect(at_start.page.get_by_text("This names no picture")).to_be_visible()


def test_the_smallest_match_and_the_numbers_behind_a_word(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    expect(at_start.hits.first).to_have_accessible_description(
        "match 1.000, score 1.000, distance 0.000"
    )
    word = at_start.hits.first.get_by_text("identical")
    shown = "(word) => getComputedStyle(word, '::after').content"
    assert word.evaluate(shown) == "none"
    at_start.hits.first.hover()
    assert "distance 0.000" in word.evaluate(shown)

    at_start.page.get_by_role("slider", name="Smallest match").press("End")
    at_start.has_results(1)
    at_start.has_parameter("least", "1")


def test_tag_and_folder(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    tag = at_start.page.get_by_role("combobox", name="With tag")
    tag.fill("shoes")
    tag.press("Enter")
    at_start.has_results(16)
    at_start.has_parameter("tag", "shoes")
    at_start.page.get_by_role("button", name="Any tag").click()
    at_start.has_results(48)

    folder = at_start.page.get_by_role("combobox", name="In folder")
    folder.fill(f"{dress.parent.parent}/")
    at_start.page.get_by_role("option", name=str(dress.parent)).click()
    at_start.has_results(16)
    at_start.has_parameter("folder", str(dress.parent))
    tag.fill("shoes")
    tag.press("Enter")
    expect(at_start.page.get_by_text("No picture matches the filter.")).to_be_visible()


def test_the_address_holds_the_state(at_start: Site, visit: Visit, dress: Path) -> None:
    at_start.search_with(dress)
    tag = at_start.page.get_by_role("combobox", name="With tag")
    tag.fill("dress")
    tag.press("Enter")
    at_start.has_results(16)
    at_start.page.reload()
    at_start.has_results(16)
    expect(at_start.page.get_by_role("img", name=f"Searched with: {dress.name}")).to_be_visible()

    # A link to a search with a stored image works anywhere.
    elsewhere = visit()
    elsewhere.open("search", collection="wardrobe", image=image_id(file_uri(dress)), tag="shoes")
    elsewhere.has_results(16)
    expect(elsewhere.page.get_by_role("combobox", name="With tag")).to_have_value("shoes")

    # One to a search with a picture of one's own says why it cannot.
    elsewhere.page.goto(at_start.page.url)
    expect(elsewhere.page.get_by_text("is not in this browser")).to_be_visible()
    elsewhere.drop(elsewhere.page.locator("main"), [dress])
    elsewhere.has_results(16)


def test_back_and_forth(at_start: Site, wardrobe: Wardrobe) -> None:
    at_start.search_with(wardrobe["dress"][0])
    at_start.drop(at_start.page.locator("main"), wardrobe["shoes"][:1])
    expect(at_start.hits.first).to_have_accessible_name(re.compile(wardrobe["shoes"][0].name))
    at_start.page.go_back()
    expect(at_start.hits.first).to_have_accessible_name(re.compile(wardrobe["dress"][0].name))
    at_start.page.go_back()
    expect(at_start.page.get_by_text("Drop a picture here")).to_be_visible()
    at_start.page.go_forward()
    expect(at_start.hits.first).to_have_accessible_name(re.compile(wardrobe["dress"][0].name))


def test_the_picture_is_removed(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    at_start.page.get_by_role("button", name="Remove the picture").click()
    expect(at_start.page.get_by_text("Drop a picture here")).to_be_visible()
    assert at_start.parameter("picture") is None


def test_the_lightbox_shows_each_hit_with_its_facts(at_start: Site, dress: Path) -> None:
    at_start.search_with(dress)
    at_start.hits.first.click()
    box = at_start.page.get_by_role("dialog")
    expect(box.get_by_text("1 of 48")).to_be_visible()
    expect(box.get_by_text(str(dress))).to_be_visible()
    expect(box.get_by_text("1.000 (identical)")).to_be_visible()
    expect(box.get_by_text("dress", exact=True)).to_be_visible()
    at_start.page.keyboard.press("ArrowRight")
    expect(box.get_by_text("2 of 48")).to_be_visible()
    at_start.page.keyboard.press("ArrowLeft")
    expect(box.get_by_text("1 of 48")).to_be_visible()
    with at_start.page.expect_download() as download:
        box.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes() == dress.read_bytes()
    at_start.page.reload()
    expect(box.get_by_text("1 of 48")).to_be_visible()
    at_start.page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert at_start.parameter("open") is None
