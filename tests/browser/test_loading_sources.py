"""Loading: archives, addresses, and sources that are kept."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Put
from tests.browser.site import Site
from tests.stack import Stack


def _choose(site: Site, kind: str) -> None:
    site.page.get_by_role("radiogroup", name="What to load").get_by_text(kind, exact=True).click()


def _zip(path: Path, pictures: list[Path]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for picture in pictures:
            archive.write(picture, picture.name)


def test_an_archive_is_completed_and_loaded(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    _zip(stack.image_root / "packed.zip", put("../packed", "hat", 3))
    site.open("loading", collection=collection)
    _choose(site, "Archive")
    archive = site.page.get_by_role("combobox", name="Archive", exact=True)
    archive.fill(f"{stack.image_root}/")
    site.page.get_by_role("option", name=f"{stack.image_root}/packed.zip", exact=True).click()
    site.page.get_by_role("button", name="Load archive").click()
    card = site.jobs.first
    expect(card).to_have_accessible_name(re.compile(r"packed\.zip: Done$"))
    expect(card.get_by_text("3 indexed")).to_be_visible()


def test_addresses_that_are_refused_are_failures_by_name(site: Site, collection: str) -> None:
    site.open("loading", collection=collection)
    _choose(site, "Addresses")
    site.page.get_by_role("textbox", name="Addresses").fill("http://127.0.0.1:9/cat.jpg")
    site.page.get_by_role("button", name="Load addresses").click()
    card = site.jobs.first
    expect(card).to_have_accessible_name("1 address: Done")
    card.get_by_role("button", name="Show 1 failed file").click()
    expect(card.get_by_role("row").nth(1)).to_contain_text("http://127.0.0.1:9/cat.jpg")
    expect(card.get_by_role("row").nth(1)).to_contain_text("fetch_forbidden")


def test_a_source_is_kept_run_paused_and_deleted(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    put("kept", "hat", 2)
    reply = stack.client.post("/api/v2/collections", json={"name": collection})
    assert reply.status_code in (201, 409)
    site.open("loading", collection=collection)
    folder = f"{stack.image_root}/kept"
    site.page.get_by_role("combobox", name="Folder", exact=True).fill(folder)
    site.page.get_by_text("Load it again by itself").click()
    site.page.get_by_role("button", name="Keep this source").click()
    kept = site.page.get_by_role("region", name="Kept sources").get_by_role("article", name=folder)
    expect(kept).to_contain_text("next")
    kept.get_by_role("button", name="Run now").click()
    expect(site.jobs.first).to_have_accessible_name(f"{folder}: Done")
    expect(kept).to_contain_text("Last load: Done")
    kept.get_by_role("button", name="Pause").click()
    expect(kept).to_contain_text("loaded on request only")
    kept.get_by_role("button", name="Delete").click()
    question = site.page.get_by_role("dialog", name="Delete this source?")
    question.get_by_role("button", name="Delete").click()
    expect(kept).to_have_count(0)
