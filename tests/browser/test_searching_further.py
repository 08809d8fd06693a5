"""Search by several examples, by filters that are built, by details, side by side with a hit."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from shared.domain.image import image_id
from shared.files.uris import file_uri
from tests.browser.conftest import Put, Visit
from tests.browser.site import PHONE, Site
from tests.stack import Stack

Wardrobe = dict[str, list[Path]]


def test_examples_of_the_library_are_searched_by(site: Site, wardrobe: Wardrobe) -> None:
    site.open("library", collection="wardrobe", tag="dress")
    expect(site.pictures).to_have_count(16)
    # With the mouse, and by key.
    site.pictures.nth(0).hover()
    site.pictures.nth(0).locator("[data-side=like]").click()
    site.pictures.nth(1).focus()
    site.page.keyboard.press("+")
    bar = site.page.get_by_role("region", name="Examples to search by")
    expect(bar.get_by_role("listitem")).to_have_count(2)
    bar.get_by_role("link", name="Search").click()

    site.has_results(46)
    panel = site.page.get_by_role("complementary", name="What to search for")
    chips = panel.get_by_role("list", name="Examples").get_by_role("listitem")
    expect(chips).to_have_count(2)
    # A hit that becomes an example is none any more.
    unwanted = site.hits.first.get_attribute("aria-label") or ""
    site.hits.first.press("-")
    site.has_results(45)
    expect(chips).to_have_count(3)
    expect(chips.nth(2)).to_contain_text("Less like")
    name = unwanted.removeprefix("1. ").rpartition(", ")[0]
    panel.get_by_text("Best score", exact=True).click()
    site.has_parameter("strategy", "best_score")
    site.page.reload()
    site.has_results(45)
    panel.get_by_role("button", name=f"Remove the example {name}").click()
    site.has_results(46)
    assert wardrobe


def test_a_hit_becomes_an_example_in_the_lightbox_beside_a_part(
    visit: Visit, wardrobe: Wardrobe
) -> None:
    """On a phone; the part of a stored image is cut by the gateway, and nothing is sent to it."""
    site = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    sent: list[str] = []
    site.page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    image = image_id(file_uri(wardrobe["dress"][0]))
    site.open("search", collection="wardrobe", image=image, crop="0.2,0.2,0.5,0.5")
    site.hits.first.tap()
    box = site.page.get_by_role("dialog")
    box.get_by_role("button", name="Compare").tap()
    expect(
        box.get_by_role("img", name=f"Searched with: {wardrobe['dress'][0].name}")
    ).to_be_visible()
    site.page.keyboard.press("c")
    expect(box.get_by_role("img", name=re.compile("Searched with"))).to_have_count(0)
    box.get_by_role("button", name="More like this").tap()
    expect(box).to_have_count(0)
    site.has_results(46)
    assert not [url for url in sent if url.startswith("GET") and "/content" in url and image in url]
    assert not [url for url in sent if url.endswith("/search")]


def test_a_filter_is_built_and_shared(site: Site, visit: Visit, wardrobe: Wardrobe) -> None:
    image = image_id(file_uri(wardrobe["dress"][0]))
    site.open("search", collection="wardrobe", image=image)
    site.has_results(47)
    tag = site.page.get_by_role("combobox", name="With tag")
    tag.click()
    expect(site.page.get_by_role("option", name="shoes 16")).to_be_visible()
    tag.press_sequentially("dr")
    site.page.get_by_role("option", name="dress 16").click()
    site.has_results(15)
    site.page.get_by_role("button", name="Any tag").click()
    site.has_results(47)

    add = site.page.get_by_role("button", name="Add a condition")
    add.click()
    folder = site.page.get_by_role("combobox", name="Value of condition 1")
    folder.fill(str(wardrobe["shoes"][0].parent))
    folder.press("Enter")
    site.has_results(31)
    add.click()
    site.page.get_by_role("combobox", name="Field of condition 2").select_option("Width")
    width = site.page.get_by_role("textbox", name="Value of condition 2")
    width.fill("wide")
    width.press("Enter")
    expect(site.page.get_by_text("Write a whole number of pixels.")).to_be_visible()
    width.fill("90000")
    width.press("Enter")
    expect(site.page.get_by_text("No picture matches the filter.")).to_be_visible()
    site.page.get_by_role("button", name="Remove condition 2").click()
    site.has_results(31)

    elsewhere = visit()
    elsewhere.page.goto(site.page.url)
    elsewhere.has_results(31)
    expect(elsewhere.page.get_by_role("combobox", name="Value of condition 1")).to_have_value(
        str(wardrobe["shoes"][0].parent)
    )


def test_what_the_gateway_refuses_is_said_beside_its_field(site: Site, wardrobe: Wardrobe) -> None:
    site.allow("422")
    image = image_id(file_uri(wardrobe["dress"][0]))
    site.open("search", collection="wardrobe", image=image, where=f"metadata.stock~is~{10**17}")
    condition = site.page.get_by_role("group", name="Condition 1")
    expect(condition.get_by_text("must lie within")).to_be_visible()


def _corner(path: Path, picture: Path) -> Path:
    """The lower left quarter of a picture, as a file of its own."""
    with Image.open(picture) as whole:
        width, height = whole.size
        whole.crop((0, height // 2, width // 2, height)).save(path, quality=95)
    return path


def test_a_detail_finds_the_whole_picture_and_is_outlined(
    site: Site, stack: Stack, put: Put, tmp_path: Path, collection: str
) -> None:
    """In a collection that is made for it on the page."""
    site.open("library")
    site.page.get_by_role("button", name="New collection").click()
    dialog = site.page.get_by_role("dialog", name="New collection")
    dialog.get_by_label("Name").fill(collection)
    box = dialog.get_by_role("checkbox", name="Find pictures by a detail")
    expect(box).not_to_be_checked()
    box.check()
    dialog.get_by_role("button", name="Create").click()
    expect(site.page.get_by_role("heading", level=1)).to_have_text(collection)
    assert stack.client.get(f"/api/v2/collections/{collection}").json()["regions"] is True

    first, second = put(collection, "hat", 2)
    assert stack.wait_job(stack.load(collection, first.parent)["id"])["indexed"] == 2
    site.open("search", collection=collection)
    site.search_with(_corner(tmp_path / "corner.jpg", second))
    expect(site.hits.first).to_have_accessible_name(re.compile(f"^1. {second.name}"))
    site.hits.first.click()
    lightbox = site.page.get_by_role("dialog")
    expect(lightbox.get_by_text("a part, which is outlined")).to_be_visible()
    slide = lightbox.get_by_role("group", name=re.compile("^1 of"))
    outline = slide.get_by_role("img", name="The part that was found")
    expect(outline).to_be_visible()
    # The frame lies over the lower left quarter of the picture as it is shown.
    shown = slide.get_by_role("img", name=second.name).bounding_box()
    frame = outline.locator("rect").last.bounding_box()
    assert shown
    assert frame
    left, bottom = frame["x"] - shown["x"], shown["y"] + shown["height"] - frame["y"]
    assert abs(left) <= 4
    assert abs(bottom - shown["height"] / 2) <= 4
    assert abs(frame["width"] - shown["width"] / 2) <= 4
