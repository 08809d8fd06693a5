"""Duplicates: found from the page, decided by mouse and by keyboard, on a phone too."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Put, Visit, find_duplicates, plant_duplicates
from tests.browser.site import Site
from tests.stack import Stack


@pytest.fixture
def planted(stack: Stack, put: Put, collection: str) -> list[Path]:
    """Four hats, two more files of the first, and a smaller copy of the second."""
    paths = put(collection, "hat", 4)
    plant_duplicates(paths[0].parent, paths)
    job = stack.load(collection, stack.image_root / collection)
    assert stack.wait_job(job["id"])["indexed"] == 7
    return paths


def names(stack: Stack, collection: str) -> set[str]:
    return {image["uri"].rpartition("/")[2] for image in stack.images(collection)}


def test_duplicates_are_found_and_decided(
    site: Site, stack: Stack, planted: list[Path], collection: str
) -> None:
    # The first request is answered that nobody has looked for them.
    site.allow("404")
    site.open("duplicates", collection=collection)
    site.page.get_by_role("button", name="Find duplicates").click()
    expect(site.groups).to_have_count(1)
    expect(site.groups).to_have_accessible_name("Group 1 of 1: 3 equal files")
    expect(site.groups.get_by_role("radio", name=re.compile(", suggested"))).to_be_checked()
    expect(site.groups.get_by_role("radio", name="Keep again.jpg")).to_be_visible()

    site.groups.get_by_text("again.jpg", exact=True).click()
    site.groups.get_by_role("button", name="Keep one, forget 2…").click()
    question = site.page.get_by_role("dialog", name="Forget 2 pictures?")
    question.get_by_role("button", name="Forget").click()
    expect(site.page.get_by_text("2 pictures forgotten.")).to_be_visible()
    expect(site.page.get_by_text("No two files are equal")).to_be_visible()
    # It can be undone for a while; only then is it done.
    assert len(names(stack, collection)) == 7
    site.page.get_by_role("button", name="Undo").click()
    expect(site.groups).to_have_count(1)
    site.groups.get_by_text("again.jpg", exact=True).click()
    with site.page.expect_response(re.compile("/resolve$")):
        site.groups.get_by_role("button", name="Keep one, forget 2…").click()
        question.get_by_role("button", name="Forget").click()
    assert names(stack, collection) == {
        "again.jpg",
        "smaller.jpg",
        *(path.name for path in planted[1:]),
    }
    expect(site.page.get_by_text("No two files are equal")).to_be_visible()
    assert all(path.is_file() for path in planted)

    site.page.get_by_text("Copies", exact=True).click()
    site.has_parameter("grade", "copy")
    smaller = site.groups.filter(has_text="smaller.jpg")
    radio = smaller.get_by_role("radio", name=f"Keep {planted[1].name}, suggested")
    expect(radio).to_be_checked()
    # By keyboard: J and K move, N says that they are none.
    radio.focus()
    with site.page.expect_response(re.compile("/dismiss$")):
        site.page.keyboard.press("n")
        expect(smaller).to_have_count(0)
    find_duplicates(stack, collection)
    site.page.reload()
    expect(site.page.get_by_role("radio", name="Copies")).to_be_checked()
    expect(site.page.get_by_role("status").first).to_be_visible()
    expect(smaller).to_have_count(0)


def test_a_phone_decides(visit: Visit, stack: Stack, planted: list[Path], collection: str) -> None:
    find_duplicates(stack, collection)
    site = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    site.open("duplicates", collection=collection)
    navigation = site.page.get_by_role("navigation", name="Views")
    expect(navigation.get_by_role("link", name="Duplicates")).to_be_visible()
    site.groups.get_by_role("button", name="Not duplicates").tap()
    expect(site.page.get_by_text("No two files are equal")).to_be_visible()
    assert len(names(stack, collection)) == 7
    assert planted
