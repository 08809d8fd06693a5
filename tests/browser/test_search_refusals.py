"""Search: files that are no picture or too large are refused with a message."""

from pathlib import Path

from playwright.sync_api import expect

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
