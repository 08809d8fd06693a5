"""The page under test: opened, its errors collected, and checked at the end."""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
)

#: A stack of tests shares two cores with its encoders.
TIMEOUT_MS = 30_000

VIEWS = {
    "search": "/",
    "library": "/library",
    "duplicates": "/duplicates",
    "loading": "/loading",
    "system": "/system",
    "keys": "/keys",
}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

_DRAG = """
async ([target, files]) => {
  const transfer = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  const fire = (element, kind) =>
    element.dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }),
    );
  const box = target.getBoundingClientRect();
  fire(target, 'dragenter');
  // A zone over the whole window shows itself while something is dragged; then the drop is its.
  await new Promise((done) => setTimeout(done, 300));
  const middle = [box.x + box.width / 2, Math.min(box.y + box.height / 2, 400)];
  const under = document.elementFromPoint(...middle);
  fire(under, 'dragover');
  fire(under, 'drop');
}
"""


class Site:
    """One visitor's tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._errors: list[str] = []
        self._allowed: list[str] = []
        self._foreign: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.on("request", self._on_request)

    def open(self, view: str, **parameters: object) -> None:
        """Open a view; its address holds the parameters, as a shared link does."""
        query = urlencode({name: str(value) for name, value in parameters.items()})
        self.page.goto(f"{self.url}{VIEWS[view]}?{query}")

    def allow(self, pattern: str) -> None:
        """Expect an error that the browser itself logs, as of a reply with status 422."""
        self._allowed.append(pattern)

    def check(self) -> None:
        """Fail if the console showed an error that was not expected, or a stranger was asked."""
        unexpected = [
            error
            for error in self._errors
            if not any(re.search(pattern, error) for pattern in self._allowed)
        ]
        assert unexpected == [], unexpected
        assert self._foreign == [], self._foreign

    def parameter(self, name: str) -> str | None:
        """A parameter of the address, or None."""
        value: str | None = self.page.evaluate(
            "(name) => new URLSearchParams(location.search).get(name)", name
        )
        return value

    def has_parameter(self, name: str, value: str) -> None:
        """Wait until a parameter of the address has this value."""
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name, value],
        )

    def drop(self, target: Locator, files: Sequence[Path]) -> None:
        """Drop files on an element, as from the desktop."""
        payload = [
            {
                "name": file.name,
                "type": "image/jpeg" if file.suffix == ".jpg" else "",
                "base64": base64.b64encode(file.read_bytes()).decode(),
            }
            for file in files
        ]
        self.page.evaluate(_DRAG, [target.element_handle(), payload])

    @property
    def hits(self) -> Locator:
        """The results of a search that exist just now, best first: those in view."""
        return self.page.get_by_role("listbox", name="Hits").get_by_role("option")

    def has_results(self, count: int) -> None:
        """Wait until a search has found so many, in view or not."""
        status = self.page.get_by_role("region", name="Results").get_by_role("status")
        expect(status).to_contain_text(re.compile(rf"^{count} results?\b"))

    @property
    def pictures(self) -> Locator:
        """The pictures of the library that exist just now: those in view."""
        return self.page.get_by_role("listbox", name="Pictures").get_by_role("option")

    @property
    def groups(self) -> Locator:
        """The groups of duplicates, the largest first."""
        return self.page.get_by_role("list", name="Groups").get_by_role("region")

    @property
    def jobs(self) -> Locator:
        return self.page.get_by_role("region", name="Loads").get_by_role("article")

    def search_with(self, file: Path) -> None:
        """Choose a picture on the start of Search."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose a picture").click()
        chooser.value.set_files(file)
        expect(self.hits.first).to_be_visible()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._errors.append(f"{message.text} {message.location.get('url', '')}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and not request.url.startswith(self.url):
            self._foreign.append(request.url)


@contextmanager
def visiting(browser: Browser, url: str, **options: Any) -> Iterator[Site]:
    """A visitor with a browser profile of their own; options as of `Browser.new_context`."""
    context: BrowserContext = browser.new_context(**{"viewport": DESKTOP, **options})
    context.set_default_timeout(TIMEOUT_MS)
    try:
        yield Site(context.new_page(), url)
    finally:
        context.close()
