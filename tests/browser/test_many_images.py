"""Ten thousand images, in the library and as hits, of which the page holds only those in view."""

import time
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageRow, image_id
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.store import Collections, ImageWriter, MilvusConnection
from tests.browser.conftest import Put
from tests.browser.site import Site
from tests.stack import Stack

MANY = 10_000


def test_ten_thousand_images(site: Site, stack: Stack, put: Put, collection: str) -> None:
    """Only what is in view exists, however far one scrolls, and the last image is reached."""
    _fill(stack, collection, put(collection, "hat", 20))

    site.open("library", collection=collection, order="added_at")
    expect(site.pictures.first).to_be_visible()
    last = site.page.locator(f'[role="option"][aria-posinset="{MANY}"]')
    most = 0
    deadline = time.monotonic() + 240
    while last.count() == 0:
        assert time.monotonic() < deadline, "the last image was not reached"
        site.page.mouse.move(600, 500)
        site.page.mouse.wheel(0, 20_000)
        most = max(most, site.pictures.count())
    expect(last).to_be_visible()
    expect(last).to_have_attribute("aria-setsize", str(MANY))
    assert 0 < most < 400

    # From one end to the other by keyboard.
    last.focus()
    site.page.keyboard.press("Home")
    expect(site.page.locator('[role="option"][aria-posinset="1"]')).to_be_focused()

    # Hits go on, too: here past the second page.
    first = stack.client.get(f"/api/v2/collections/{collection}/images").json()["items"][0]
    site.open("search", collection=collection, image=first["id"])
    expect(site.hits.first).to_be_visible()
    site.hits.first.focus()
    for place in (260, 460):
        # The page after those that are there comes by itself.
        site.page.keyboard.press("End")
        site.has_results(place)
    site.page.keyboard.press("End")
    expect(site.page.locator('[role="option"][aria-posinset="460"]')).to_be_focused()
    assert site.hits.count() < 100


def _fill(stack: Stack, collection: str, files: list[Path]) -> None:
    """Make a collection larger than a test could encode: hard links and random vectors."""
    # Another index would be built while the test, and those after it, want the machine.
    body = {"name": collection, "index": {"type": "FLAT"}}
    assert stack.client.post("/api/v2/collections", json=body).status_code == 201
    folder = files[0].parent / "many"
    folder.mkdir()
    rows = []
    for index in range(MANY):
        path = folder / f"{index:05}.jpg"
        path.hardlink_to(files[index % len(files)])
        rows.append(_row(path, index))
    vectors = np.random.default_rng(0).normal(size=(MANY, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    settings = Settings(milvus_uri=stack.milvus.uri)
    milvus = MilvusConnection(settings)
    writer = ImageWriter(milvus)
    try:
        for start in range(0, MANY, 1000):
            writer.upsert(collection, rows[start : start + 1000], vectors[start : start + 1000])
        # As at the end of a load: what is not flushed is slow to read.
        Collections(milvus, settings).flush(collection)
    finally:
        milvus.close()


def _row(path: Path, index: int) -> ImageRow:
    uri = file_uri(path)
    return ImageRow(
        id=image_id(uri),
        uri=uri,
        sha256=f"{index:064x}",
        width=400,
        height=(400, 533, 300)[index % 3],
        bytes=path.stat().st_size,
        mtime_ns=path.stat().st_mtime_ns,
        format="jpeg",
        added_at=time.time_ns() // 1000 + index,
        job="0" * 32,
        tags=(),
        metadata={},
    )
