"""Search: what cannot be searched with is refused with a message: files, addresses."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.site import Site


def test_no_picture_is_said_in_plain_words(at_start: Site, tmp_path: Path) -> None:
    at_start.allow("422")
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    at_start.drop(at_start.page.get_by_text("Drop a picture here"), [notes])
    expect(at_start.page.get_by_role("alert")).to_contain_text("not a picture Lookalike can read")


def test_a_picture_beyond_the_limit_is_not_even_sent(at_start: Site, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with at_start.page.expect_file_chooser() as chooser:
        at_start.page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(huge)
    expect(at_start.page.get_by_role("alert")).to_contain_text("too large to search with")


def test_an_address_that_may_not_be_fetched_says_why(
    visit: Visit, wardrobe: dict[str, list[Path]]
) -> None:
    assert wardrobe
    site = visit(permissions=["clipboard-read", "clipboard-write"])
    site.allow("422")
    site.open("search", collection="wardrobe")
    expect(site.page.get_by_text("Drop a picture here")).to_be_visible()
    address = "http://127.0.0.1:9/cat.jpg"
    site.page.evaluate("(text) => navigator.clipboard.writeText(text)", address)
    site.page.keyboard.press("Control+V")
    expect(site.page.get_by_role("alert")).to_contain_text("This address may not be fetched")
    site.has_parameter("url", address)
    expect(site.page.get_by_text("The server fetches this picture")).to_be_visible()
