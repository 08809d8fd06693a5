"""Loading: a folder of the server, uploads, jobs live, failures and retries."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Put
from tests.browser.site import Site
from tests.stack import Stack


def _load(site: Site, path: Path | str) -> Locator:
    """Load a folder by the form; returns the newest job's card."""
    site.page.get_by_role("combobox", name="Folder", exact=True).fill(str(path))
    site.page.get_by_role("button", name="Load folder").click()
    card = site.jobs.first
    expect(card).to_have_accessible_name(re.compile(re.escape(str(path))))
    return card


def _is(card: Locator, status: str) -> None:
    expect(card).to_have_accessible_name(re.compile(f": {status}$"))


def test_a_folder_is_completed_loaded_and_watched(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    put("closet", "shoes", 20)
    put("closet", "hat", 4)
    site.open("loading", collection=collection)
    folder = site.page.get_by_role("combobox", name="Folder", exact=True)
    # From the image root to its folders, to theirs.
    folder.click()
    site.page.get_by_role("option", name=str(stack.image_root), exact=True).click()
    folder.press_sequentially("/clos")
    site.page.get_by_role("option", name=f"{stack.image_root}/closet", exact=True).click()
    folder.press_sequentially("/")
    expect(site.page.get_by_role("option")).to_have_text(
        [f"{stack.image_root}/closet/hat", f"{stack.image_root}/closet/shoes"]
    )
    folder.press("Escape")
    site.page.get_by_role("button", name="Load folder").click()

    card = site.jobs.first
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "24")
    expect(card.get_by_text("images/s")).to_be_visible()
    _is(card, "Done")
    expect(card.get_by_text("24 of 24")).to_be_visible()
    expect(card.get_by_text("24 indexed")).to_be_visible()
    assert stack.client.get(f"/api/v2/collections/{collection}").json()["count"] == 24
    expect(site.page.get_by_role("banner")).to_contain_text("24")


def test_a_suggested_folder_is_one_click_away(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    put("closet", "hat", 4)
    site.open("loading", collection=collection)
    suggestions = site.page.get_by_role("list", name="Suggested folders")
    suggestions.get_by_role("button", name="closet").click()
    expect(site.page.get_by_role("combobox", name="Folder", exact=True)).to_have_value(
        f"{stack.image_root}/closet"
    )


def test_options_are_part_of_the_load(site: Site, stack: Stack, put: Put, collection: str) -> None:
    put("options", "hat", 3)
    put("options", "dress", 2)
    site.open("loading", collection=collection)
    options = site.page.locator("form").get_by_text("Options", exact=True)
    options.click()
    site.page.get_by_role("switch", name="Sub-folders too").click()
    site.page.get_by_label("Only files that match").fill("*.jpg")
    tags = site.page.get_by_role("combobox", name="Tags for all of them")
    tags.fill("spring")
    tags.press("Enter")
    card = _load(site, stack.image_root / "options")
    _is(card, "Done")
    expect(card).to_have_accessible_name(re.compile(r"\*\.jpg, without sub-folders"))
    expect(card.get_by_text("0 of 0")).to_be_visible()

    site.page.get_by_role("switch", name="Sub-folders too").click()
    card = _load(site, stack.image_root / "options")
    expect(card.get_by_text("5 indexed")).to_be_visible()
    tagged = stack.client.get(f"/api/v2/collections/{collection}/images", params={"tag": "spring"})
    assert len(tagged.json()["items"]) == 5


def test_pause_resume_cancel_and_reload(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    put("many", "t-shirt", 120)
    site.open("loading", collection=collection)
    card = _load(site, stack.image_root / "many")
    card.get_by_role("button", name="Pause").click()
    _is(card, "Paused")
    site.page.reload()
    _is(card, "Paused")
    card.get_by_role("button", name="Resume").click()
    _is(card, "Loading")
    card.get_by_role("button", name="Cancel").click()
    question = site.page.get_by_role("dialog", name="Cancel this load?")
    question.get_by_role("button", name="Keep").click()
    expect(question).to_have_count(0)
    card.get_by_role("button", name="Cancel").click()
    question.get_by_role("button", name="Cancel the load").click()
    _is(card, "Cancelled")


def test_several_loads_at_once(site: Site, stack: Stack, put: Put, collection: str) -> None:
    for label in ("hat", "skirt", "shorts"):
        put("several", label, 8)
    site.open("loading", collection=collection)
    for label in ("hat", "skirt", "shorts"):
        _load(site, stack.image_root / "several" / label)
    navigation = site.page.get_by_role("navigation", name="Views")
    expect(navigation.get_by_text("under way")).to_be_visible()
    for label in ("hat", "skirt", "shorts"):
        path = f"{stack.image_root}/several/{label}"
        card = site.page.get_by_role("article", name=path).first
        _is(card, "Done")
        expect(card.get_by_text("8 indexed")).to_be_visible()
    expect(navigation.get_by_text("under way")).to_have_count(0)


def test_a_failed_file_is_shown_and_retried(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    good = put("failing", "hat", 3)
    broken = stack.image_root / "failing" / "broken.jpg"
    broken.write_text("this is no picture")
    site.open("loading", collection=collection)
    card = _load(site, stack.image_root / "failing")
    _is(card, "Done")
    expect(card.get_by_text("3 indexed")).to_be_visible()
    card.get_by_role("button", name="Show 1 failed file").click()
    row = card.get_by_role("row").nth(1)
    expect(row).to_contain_text(str(broken))
    expect(row).to_contain_text("unsupported_format")
    with site.page.expect_download() as download:
        card.get_by_role("button", name="Download as CSV").click()
    csv = Path(download.value.path()).read_text()
    assert "broken.jpg" in csv
    assert "unsupported_format" in csv

    broken.write_bytes(good[0].read_bytes())
    card.get_by_role("button", name="Retry failed").click()
    retry = site.jobs.first
    expect(retry).to_have_accessible_name(re.compile("Retry of 1 failed file"))
    _is(retry, "Done")
    expect(retry.get_by_text("1 indexed")).to_be_visible()


def test_a_folder_outside_the_roots_is_refused_in_plain_words(site: Site, collection: str) -> None:
    site.allow("422")
    site.open("loading", collection=collection)
    site.page.get_by_role("combobox", name="Folder", exact=True).fill("/etc")
    site.page.get_by_role("button", name="Load folder").click()
    expect(site.page.get_by_role("alert")).to_contain_text("not open to Lookalike")


def test_uploads_by_choosing_and_by_dropping(
    site: Site, stack: Stack, put: Put, collection: str, tmp_path: Path
) -> None:
    chosen = put("../elsewhere", "hat", 3)
    dropped = put("../elsewhere", "skirt", 2)
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    site.open("loading", collection=collection)
    with site.page.expect_file_chooser() as chooser:
        site.page.get_by_role("button", name="Choose pictures").click()
    chooser.value.set_files(chosen)
    expect(site.page.get_by_text("3 of 3 uploaded")).to_be_visible()
    files = site.page.get_by_role("group", name="Files being uploaded").get_by_role("listitem")
    expect(files).to_have_count(3)
    expect(files.first).to_contain_text(chosen[0].name)
    expect(files.first.get_by_role("progressbar")).to_have_attribute("value", "1")
    _is(site.jobs.first, "Done")

    zone = site.page.get_by_text("Drop pictures, archives or whole folders here")
    site.drop(zone, [*dropped, notes])
    expect(site.page.get_by_text("5 of 5 uploaded")).to_be_visible()
    expect(site.page.get_by_text("1 file left out: no picture or archive by name.")).to_be_visible()
    expect(site.jobs.first).to_have_accessible_name(re.compile("2 uploaded pictures"))
    _is(site.jobs.first, "Done")
    assert stack.client.get(f"/api/v2/collections/{collection}").json()["count"] == 5
    site.page.get_by_role("button", name="Clear the list").click()
    expect(files).to_have_count(0)


def test_a_whole_folder_is_uploaded(site: Site, stack: Stack, put: Put, collection: str) -> None:
    folder = put("../folder", "hat", 2)[0].parent.parent
    put("../folder", "skirt", 2)
    (folder / "Thumbs.db").write_bytes(b"x")
    site.open("loading", collection=collection)
    with site.page.expect_file_chooser() as chooser:
        site.page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    expect(site.page.get_by_text("4 of 4 uploaded")).to_be_visible()
    _is(site.jobs.first, "Done")
    assert stack.client.get(f"/api/v2/collections/{collection}").json()["count"] == 4


def test_what_cannot_be_uploaded_says_why(site: Site, collection: str, tmp_path: Path) -> None:
    site.allow("422")
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    fake = tmp_path / "fake.jpg"
    fake.write_text("this is no picture")
    site.open("loading", collection=collection)
    with site.page.expect_file_chooser() as chooser:
        site.page.get_by_role("button", name="Choose pictures").click()
    chooser.value.set_files([huge, fake])
    files = site.page.get_by_role("group", name="Files being uploaded").get_by_role("listitem")
    expect(files.nth(0)).to_contain_text("too large to upload")
    expect(files.nth(1)).to_contain_text("not a picture Lookalike can read")
    expect(site.page.get_by_text("0 of 2 uploaded, 2 refused")).to_be_visible()


def test_an_upload_goes_on_behind_another_view(site: Site, put: Put, collection: str) -> None:
    chosen = put("../behind", "shoes", 30)
    site.open("loading", collection=collection)
    with site.page.expect_file_chooser() as chooser:
        site.page.get_by_role("button", name="Choose pictures").click()
    chooser.value.set_files(chosen)
    site.page.get_by_role("link", name="Library").click()
    site.page.get_by_role("link", name=re.compile("Loading")).click()
    expect(site.page.get_by_text("30 of 30 uploaded")).to_be_visible()
