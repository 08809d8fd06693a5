"""Library: collections, their pictures, the lightbox, and selections."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from shared.domain.image import image_id
from shared.files.uris import file_uri
from tests.browser.conftest import Put
from tests.browser.site import Site
from tests.services import wait_until
from tests.stack import Stack


@pytest.fixture
def shelf(stack: Stack, put: Put, collection: str) -> list[Path]:
    """Eight pictures in the collection of this test, four of each kind, untagged."""
    paths = [*put(collection, "hat", 4), *put(collection, "dress", 4)]
    job = stack.load(collection, stack.image_root / collection)
    assert stack.wait_job(job["id"])["indexed"] == 8
    return paths


def _count(stack: Stack, collection: str) -> int:
    count: int = stack.client.get(f"/api/v2/collections/{collection}").json()["count"]
    return count


def test_a_collection_is_created_and_deleted(site: Site, stack: Stack, collection: str) -> None:
    site.open("library")
    site.page.get_by_role("button", name="New collection").click()
    dialog = site.page.get_by_role("dialog", name="New collection")
    name = dialog.get_by_label("Name")
    name.fill("9 lives")
    expect(dialog.get_by_text("Use letters, digits and underscores only.")).to_be_visible()
    name.fill(collection)
    dialog.get_by_label("Description").fill("For this test")
    dialog.get_by_role("button", name="Create").click()
    expect(site.page.get_by_role("heading", level=1)).to_have_text(collection)
    expect(site.page.get_by_text("For this test")).to_be_visible()
    expect(site.page.get_by_text("Nothing is in here yet")).to_be_visible()

    site.page.get_by_role("button", name="Delete…").click()
    question = site.page.get_by_role("dialog", name=f"Delete {collection}?")
    sure = question.get_by_role("button", name="Delete collection")
    expect(sure).to_be_disabled()
    question.get_by_label("Type the name").fill(collection[:-1])
    expect(sure).to_be_disabled()
    question.get_by_label("Type the name").fill(collection)
    sure.click()
    expect(question).to_have_count(0)
    assert stack.client.get(f"/api/v2/collections/{collection}").status_code == 404


def test_a_name_that_is_taken(site: Site, shelf: list[Path], collection: str) -> None:
    site.allow("409")
    site.open("library", collection=collection)
    site.page.get_by_role("button", name="New collection").click()
    dialog = site.page.get_by_role("dialog", name="New collection")
    dialog.get_by_label("Name").fill(collection)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This name is taken")
    assert shelf


def test_what_the_collection_is(site: Site, shelf: list[Path], collection: str) -> None:
    site.open("library", collection=collection)
    expect(site.pictures).to_have_count(8)
    facts = site.page.get_by_role("main").locator("dl")
    expect(facts).to_contain_text(re.compile(r"images\s*8"))
    expect(facts).to_contain_text(re.compile(r"VGG16 imagenet-\w+, rmac pooling"))
    assert shelf


def test_filter_by_folder_and_tag(
    site: Site, stack: Stack, shelf: list[Path], collection: str
) -> None:
    image = image_id(file_uri(shelf[0]))
    url = f"/api/v2/collections/{collection}/images/{image}"
    assert stack.client.patch(url, json={"tags": ["best"]}).status_code == 200
    site.open("library", collection=collection)
    expect(site.pictures).to_have_count(8)
    folder = site.page.get_by_role("combobox", name="In folder")
    folder.fill(str(shelf[-1].parent))
    folder.press("Enter")
    expect(site.pictures).to_have_count(4)
    site.page.get_by_role("button", name="Clear: In folder").click()
    expect(site.pictures).to_have_count(8)
    tag = site.page.get_by_role("combobox", name="With tag")
    tag.fill("best")
    tag.press("Enter")
    expect(site.pictures).to_have_count(1)
    site.page.reload()
    expect(site.pictures).to_have_accessible_name(f"{shelf[0].name}, tagged best")
    tag.fill("worst")
    tag.press("Enter")
    expect(site.page.get_by_text("No picture matches")).to_be_visible()


def test_many_are_selected_tagged_and_forgotten(
    site: Site, stack: Stack, shelf: list[Path], collection: str
) -> None:
    site.open("library", collection=collection)
    expect(site.pictures).to_have_count(8)
    # By keyboard: one stop for Tab, then arrows and Space.
    site.pictures.first.focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "Space"):
        site.page.keyboard.press(key)
    bar = site.page.get_by_role("toolbar", name="Selected pictures")
    expect(bar.get_by_text("2 selected")).to_be_visible()
    # By mouse, with Shift for all between.
    site.pictures.nth(3).click(modifiers=["Shift"])
    expect(bar.get_by_text("3 selected")).to_be_visible()
    bar.get_by_role("button", name="Tag…").click()
    dialog = site.page.get_by_role("dialog", name="Tag 3 pictures")
    add = dialog.get_by_role("combobox", name="Add")
    add.fill("chosen")
    add.press("Enter")
    dialog.get_by_role("button", name="Save").click()
    expect(site.page.get_by_text("3 pictures tagged.")).to_be_visible()
    expect(bar).to_have_count(0)
    tagged = stack.client.get(f"/api/v2/collections/{collection}/images", params={"tag": "chosen"})
    assert len(tagged.json()["items"]) == 3

    site.pictures.nth(0).hover()
    site.pictures.nth(0).locator("[data-check]").click()
    site.page.keyboard.press("Control+a")
    expect(bar.get_by_text("8 selected")).to_be_visible()
    bar.get_by_role("button", name="Forget…").click()
    question = site.page.get_by_role("dialog", name="Forget 8 pictures?")
    question.get_by_role("button", name="Forget").click()
    expect(site.page.get_by_text("All of these are forgotten")).to_be_visible()
    assert _count(stack, collection) == 8
    site.page.get_by_role("button", name="Undo").click()
    expect(site.pictures).to_have_count(8)

    site.pictures.first.press("Control+a")
    bar.get_by_role("button", name="Forget…").click()
    question.get_by_role("button", name="Forget").click()
    expect(site.page.get_by_text("8 pictures forgotten.")).to_be_visible()
    # Whoever leaves the page cannot undo it any more.
    site.page.goto("about:blank")
    wait_until(lambda: _count(stack, collection) == 0, 10, "the pictures to be forgotten")
    assert all(path.is_file() for path in shelf)


def test_one_is_opened_tagged_and_forgotten(
    site: Site, stack: Stack, shelf: list[Path], collection: str
) -> None:
    site.open("library", collection=collection)
    site.pictures.first.click()
    # The question comes as a second dialog over this one.
    box = site.page.get_by_role("dialog").first
    expect(box.get_by_text("1 of 8")).to_be_visible()
    tags = box.get_by_role("combobox", name="Tags")
    tags.fill("favourite")
    tags.press("Enter")
    expect(site.page.get_by_role("option", name=re.compile("tagged favourite"))).to_have_count(1)
    box.get_by_role("button", name="Forget").click()
    question = site.page.get_by_role("dialog", name="Forget this picture?")
    expect(question).to_contain_text("The file in its folder stays where it is.")
    site.page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(box).to_be_visible()
    box.get_by_role("button", name="Forget").click()
    question.get_by_role("button", name="Forget").click()
    expect(box.get_by_text("1 of 7")).to_be_visible()
    box.get_by_role("button", name="Find similar").click()
    site.has_results(6)
    site.page.goto("about:blank")
    wait_until(lambda: _count(stack, collection) == 7, 10, "the picture to be forgotten")
    assert shelf


def test_order(site: Site, shelf: list[Path], collection: str) -> None:
    site.open("library", collection=collection)
    expect(site.pictures).to_have_count(8)
    newest = [option.get_attribute("aria-label") for option in site.pictures.all()]
    site.page.get_by_role("combobox", name="Order").click()
    site.page.get_by_role("option", name="Oldest first").click()
    site.has_parameter("order", "added_at")
    expect(site.pictures.first).to_have_accessible_name(newest[-1] or "")
    assert shelf


def test_a_file_that_is_gone(site: Site, shelf: list[Path], collection: str) -> None:
    site.allow("404")
    shelf[0].unlink()
    site.open("library", collection=collection)
    expect(site.pictures).to_have_count(8)
    expect(site.pictures.locator("[role=img]")).to_have_count(1)
