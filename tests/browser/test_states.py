"""The page's messages when something is missing, unavailable or misconfigured."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from tests.browser.conftest import Put, Visit
from tests.browser.site import Site
from tests.services import Process, free_port, wait_until
from tests.stack import Stack

#: What Chromium logs itself of a request that fails.
_NETWORK = r"^Failed to load resource"


def test_an_empty_library_tells_the_first_step(site: Site, collection: str) -> None:
    site.open("search", collection=collection)
    expect(site.page.get_by_text(f"{collection} is empty.")).to_be_visible()
    site.page.get_by_role("link", name="load a folder or upload pictures").click()
    expect(site.page.get_by_role("heading", level=1)).to_contain_text(collection)
    site.page.get_by_role("link", name="Library").click()
    expect(site.page.get_by_text(f"There is no collection “{collection}” yet")).to_be_visible()
    site.page.get_by_role("link", name="Load pictures").click()
    expect(site.page.get_by_role("button", name="Load folder")).to_be_visible()


def test_untrained_weights_are_told_on_every_view(site: Site) -> None:
    def untrained(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"untrained": True})

    site.open("library")
    expect(site.page.get_by_text("Untrained weights:")).to_have_count(0)
    site.page.route("**/api/v2/system", untrained)
    for view in ("search", "library", "loading"):
        site.open(view)
        expect(site.page.get_by_text("Untrained weights:")).to_be_visible()


def test_the_gateway_is_killed_and_restarted_under_a_load(
    site: Site, stack: Stack, put: Put, collection: str
) -> None:
    site.allow(_NETWORK)
    put(collection, "t-shirt", 60)
    site.open("loading", collection=collection)
    site.page.get_by_role("combobox", name="Folder", exact=True).fill(
        str(stack.image_root / collection)
    )
    site.page.get_by_role("button", name="Load folder").click()
    expect(site.jobs.first.get_by_text("images/s")).to_be_visible()
    stack.processes["gateway"].kill()
    try:
        expect(site.page.get_by_text("The connection broke off")).to_be_visible()
        expect(site.page.get_by_text("Lookalike does not answer")).to_be_visible()
    finally:
        stack.processes["gateway"].start()
        stack.wait_ready()
    expect(site.page.get_by_text("Lookalike does not answer")).to_have_count(0)
    expect(site.page.get_by_text("The connection broke off")).to_have_count(0)
    expect(site.jobs.first).to_have_accessible_name(re.compile(": Done$"), timeout=90_000)
    expect(site.jobs.first.get_by_text("60 indexed")).to_be_visible()


def test_a_search_while_the_gateway_is_away_comes_when_it_is_back(
    site: Site, stack: Stack, wardrobe: dict[str, list[Path]]
) -> None:
    site.allow(_NETWORK)
    site.open("search", collection="wardrobe")
    site.search_with(wardrobe["dress"][0])
    stack.processes["gateway"].kill()
    try:
        site.drop(site.page.locator("main"), wardrobe["shoes"][:1])
        results = site.page.get_by_role("region", name="Results")
        expect(results.get_by_text("Lookalike does not answer")).to_be_visible()
    finally:
        stack.processes["gateway"].start()
        stack.wait_ready()
    expect(site.hits.first).to_have_accessible_name(re.compile(wardrobe["shoes"][0].name))


def test_no_encoder(site: Site, stack: Stack, wardrobe: dict[str, list[Path]]) -> None:
    site.allow(_NETWORK)
    site.open("search", collection="wardrobe")
    site.search_with(wardrobe["dress"][0])
    stack.processes["query"].kill()
    try:
        notices = site.page.get_by_role("complementary", name="Notices")
        expect(notices.get_by_text("No encoder is running")).to_be_visible()
        # A stored image needs none.
        site.hits.nth(1).click()
        site.page.get_by_role("dialog").get_by_role("button", name="Find similar").click()
        site.has_results(47)
    finally:
        stack.processes["query"].start()
        stack.wait_ready()
    expect(site.page.get_by_text("No encoder is running")).to_have_count(0)


def test_the_index_is_away(site: Site, stack: Stack, wardrobe: dict[str, list[Path]]) -> None:
    site.allow(_NETWORK)
    assert wardrobe
    site.open("library", collection="wardrobe")
    expect(site.pictures.first).to_be_visible()
    stack.milvus.kill()
    try:
        expect(site.page.get_by_text("The index is away")).to_be_visible(timeout=60_000)
    finally:
        stack.milvus.start()
        stack.wait_ready()
    expect(site.page.get_by_text("The index is away")).to_have_count(0)
    site.page.reload()
    expect(site.pictures.first).to_be_visible()


def test_a_collection_of_another_encoder(site: Site, stack: Stack, collection: str) -> None:
    settings = Settings(milvus_uri=stack.milvus.uri)
    milvus = MilvusConnection(settings)
    try:
        Collections(milvus, settings).create(
            collection, description="", weights="imagenet-0123abcd", pooling="avg", index=None
        )
    finally:
        milvus.close()
    for view in ("search", "library", "loading"):
        site.open(view, collection=collection)
        expect(site.page.get_by_text("belongs to another encoder")).to_be_visible()


@pytest.fixture
def locked(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """The address of a gateway before the same system that asks for a key."""
    port = free_port()
    command = ["uvicorn", "--factory", "gateway.app:create_app", "--port", str(port)]
    environment = {**stack.environment, "LOOKALIKE_API_KEYS": "open-sesame"}
    gateway = Process(
        [str(Path(stack.processes["gateway"].command[0])), "-m", *command],
        tmp_path / "gateway.log",
        environment,
        inherit=False,
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(
        lambda: stack.client.get(f"{url}/health/live").status_code == 200, 60, "a second gateway"
    )
    yield url
    gateway.kill()


def test_an_api_key_is_asked_for_once(
    locked: str, visit: Visit, wardrobe: dict[str, list[Path]]
) -> None:
    assert wardrobe
    site = visit(locked)
    site.allow("401")
    site.open("library", collection="wardrobe")
    key = site.page.get_by_label("API key", exact=True)
    key.fill("open-barley")
    key.press("Enter")
    expect(site.page.get_by_text("This key is not known.")).to_be_visible()
    key.fill("open-sesame")
    key.press("Enter")
    # Pictures too come with the cookie, which no script can read.
    expect(site.pictures.first.locator("img")).to_be_visible()
    site.page.wait_for_function(
        "() => document.querySelector('[role=option] img')?.naturalWidth > 0"
    )
    assert "open-sesame" not in site.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    site.page.reload()
    expect(site.pictures.first).to_be_visible()

    # Who signs out has no way back without the key.
    site.page.get_by_role("link", name="System").click()
    site.page.get_by_role("button", name="Sign out").click()
    expect(key).to_be_visible()
    site.open("library", collection="wardrobe")
    expect(key).to_be_visible()
