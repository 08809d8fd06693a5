"""A headless Chromium that may reach only the page under test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

#: The first is Chromium without a browser's windows: the same engine for half the processor time.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """The path of the system's Chromium, or None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, gone afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), chromium_sandbox=False, args=list(_ARGUMENTS)
        )
        yield browser
        browser.close()
