"""Collections with regions over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared.domain.image import ImageRow
from shared.domain.regions import REGIONS
from shared.settings import Settings
from shared.store import Collections, MilvusConnection, PictureRegions, Regions
from tests.contract.calls import png, search
from tests.contract.workers import Encoder, index, vector_of
from tests.drawn import draw_files

#: The picture that is shown in the third region of the first image.
DETAIL = png(99)


@pytest.fixture
def rows(
    api: httpx.Client, encoder: Encoder, settings: Settings, pictures_root: Path, collection: str
) -> Iterator[list[ImageRow]]:
    """A collection of three images with regions."""
    body = {"name": collection, "regions": True}
    api.post("/api/v2/collections", json=body).raise_for_status()
    found = index(settings, collection, draw_files(pictures_root, 3))
    milvus = MilvusConnection(settings)
    vectors = np.stack([vector_of(b"%d" % number) for number in range(len(REGIONS))])
    vectors[2] = vector_of(DETAIL)
    generation = Collections(milvus, settings).identity(collection).generation
    regions = [PictureRegions(found[0].id, found[0].sha256, vectors)]
    Regions(milvus).write(collection, generation, regions)
    yield found
    milvus.close()


def test_a_collection_tells_that_it_has_regions_and_what_they_take(
    api: httpx.Client, rows: list[ImageRow], url: str
) -> None:
    shown = api.get(url).json()
    assert (shown["regions"], shown["count"]) == (True, 3)
    assert shown["bytes"] == 3 * (1 + len(REGIONS)) * 512 * 4
    listed = api.get("/api/v2/collections?limit=1000").json()["items"]
    assert [each for each in listed if each["name"] == shown["name"]] == [shown]


def test_a_detail_finds_the_whole_picture_and_says_where_it_is(
    api: httpx.Client, rows: list[ImageRow], url: str
) -> None:
    reply = search(api, url, DETAIL).json()
    first, *others = reply["hits"]
    assert (first["id"], first["region"]) == (rows[0].id, REGIONS[2].model_dump())
    assert first["score"] == pytest.approx(1, abs=1e-5)
    assert {hit["id"] for hit in others} == {row.id for row in rows[1:]}
    assert not any("region" in hit for hit in others)
    query: dict[str, Any] = {"positive": [{"vector": vector_of(DETAIL).tolist()}]}
    nothing = {**query, "filter": {"must": [{"folder": "/none"}]}}
    assert api.post(f"{url}/query", json=nothing).json()["hits"] == []
    (same, *_) = api.post(f"{url}/query", json=query).json()["hits"]
    assert (same["id"], same["region"]) == (first["id"], first["region"])


def test_a_whole_picture_is_found_as_a_whole(
    api: httpx.Client, rows: list[ImageRow], url: str
) -> None:
    picture = Path(rows[0].uri.removeprefix("file://")).read_bytes()
    (first, *_) = search(api, url, picture).json()["hits"]
    assert first["id"] == rows[0].id
    assert "region" not in first


def test_a_forgotten_picture_is_found_by_no_part(
    api: httpx.Client, rows: list[ImageRow], url: str
) -> None:
    assert api.delete(f"{url}/images/{rows[0].id}").status_code == 204
    hits = search(api, url, DETAIL).json()["hits"]
    assert {hit["id"] for hit in hits} == {row.id for row in rows[1:]}
    assert api.get(url).json()["count"] == 2
