"""Searches by picture, by stored image and by vector, and their errors."""

import io
import math
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem, search
from tests.contract.workers import WEIGHTS, Encoder, vector_of
from tests.drawn import draw

HIT = {
    *("id", "score", "distance", "match", "uri", "width", "height", "format", "bytes", "tags"),
    *("metadata", "content_url", "thumbnail_url"),
}


def test_a_picture_finds_itself_first(
    api: httpx.Client, stored: list[ImageRow], url: str, picture: bytes
) -> None:
    reply = search(api, url, picture)

    assert reply.status_code == 200
    found = reply.json()
    assert set(found) == {"hits", "encoder", "took_ms"}
    assert found["encoder"] == f"vgg16:{WEIGHTS}:stretch224:rmac:512:v1"
    took = found["took_ms"]
    assert set(took) == {"encode", "search", "total"}
    assert took["total"] >= took["encode"] + took["search"] - 0.01
    hits = found["hits"]
    assert len(hits) == len(stored)
    assert all(set(hit) == HIT for hit in hits)
    assert hits[0]["id"] == stored[0].id
    assert hits[0]["score"] == pytest.approx(1, abs=1e-5)
    assert hits[0]["distance"] == pytest.approx(0, abs=1e-2)
    for hit in hits:
        assert hit["distance"] == pytest.approx(math.sqrt(max(0, 2 - 2 * hit["score"])))
    assert [h["score"] for h in hits] == sorted((h["score"] for h in hits), reverse=True)
    assert api.get(hits[0]["content_url"]).content == picture


def test_hits_are_limited_skipped_and_filtered(
    api: httpx.Client, stored: list[ImageRow], url: str, picture: bytes, pictures_root: Path
) -> None:
    def ids(**fields: Any) -> list[str]:
        return [hit["id"] for hit in search(api, url, picture, **fields).json()["hits"]]

    everything = ids(top_k=10)
    assert ids(top_k=2) == everything[:2]
    assert ids(top_k=2, offset=1) == everything[1:3]
    assert ids(min_score=0.9) == [stored[0].id]
    assert set(ids(tag="even")) == {row.id for row in stored[::2]}
    below = ids(path_prefix=str(pictures_root / "group1"))
    assert below == [row.id for row in stored if "/group1/" in row.uri]
    assert ids(offset=100) == []


def test_a_search_by_a_stored_image_leaves_it_out(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    reply = api.get(f"{url}/images/{stored[0].id}/similar", params={"top_k": 3, "tag": "even"})

    found = reply.json()
    assert {hit["id"] for hit in found["hits"]} == {row.id for row in stored[2::2]}
    assert found["took_ms"]["encode"] == 0
    problem(api.get(f"{url}/images/{'0' * 32}/similar"), 404, "image_not_found")
    problem(api.get(f"{url}/images/{stored[0].id}/similar?top_k=1001"), 422, "validation_error")


def test_a_search_by_a_vector_of_any_length(
    api: httpx.Client, stored: list[ImageRow], url: str, picture: bytes
) -> None:
    vector = [float(x) * 1e30 for x in vector_of(picture)]

    found = api.post(f"{url}/search/vector", json={"vector": vector, "top_k": 1}).json()

    assert [hit["id"] for hit in found["hits"]] == [stored[0].id]
    assert found["hits"][0]["score"] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "vector",
    [
        "[]",
        "[" + "1," * 510 + "1]",
        "[" + "0," * 511 + "0]",
        "[" + "NaN," * 511 + "1]",
        "[" + "1e308," * 511 + "1e308]",
        '["a"' + ",1" * 511 + "]",
        "null",
    ],
)
def test_a_vector_that_points_nowhere_is_refused(api: httpx.Client, url: str, vector: str) -> None:
    reply = api.post(
        f"{url}/search/vector",
        content='{"vector": ' + vector + "}",
        headers={"Content-Type": "application/json"},
    )

    assert "vector" in problem(reply, 422, "validation_error")["detail"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"text", "unsupported_format")],
)
def test_what_is_no_picture_is_422(
    api: httpx.Client, stored: list[ImageRow], url: str, content: bytes, code: str
) -> None:
    problem(search(api, url, content), 422, code)


def test_a_damaged_picture_is_422(
    api: httpx.Client, stored: list[ImageRow], url: str, picture: bytes
) -> None:
    problem(search(api, url, picture[:1000]), 422, "truncated")


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": 0},
        {"top_k": 1001},
        {"top_k": "many"},
        {"offset": -1},
        {"offset": 10_001},
        {"min_score": 2},
        {"crop": "0,0,1"},
        {"crop": "0,0,0,1"},
        {"crop": "0.5,0,0.6,1"},
        {"crop": "-0.1,0,1,1"},
        {"crop": "nan,0,1,1"},
        {"crop": "a,b,c,d"},
    ],
)
def test_wrong_fields_are_named(api: httpx.Client, url: str, fields: dict[str, Any]) -> None:
    reply = problem(search(api, url, b"x", **fields), 422, "validation_error")

    assert reply["errors"][0]["field"] == f"body.{next(iter(fields))}"


def test_a_crop_reaches_the_encoder(
    api: httpx.Client, stored: list[ImageRow], url: str, encoder: Encoder, picture: bytes
) -> None:
    search(api, url, picture, crop="0.25, 0.5, 0.5, 0.5000001").raise_for_status()
    search(api, url, picture).raise_for_status()

    cropped, whole = encoder.queries[-2:]
    assert cropped.crop is not None
    assert (cropped.crop.x, cropped.crop.y) == (0.25, 0.5)
    assert whole.crop is None
    assert cropped.pooling == "rmac"


def test_an_unknown_collection_is_not_found(api: httpx.Client, encoder: Encoder) -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")

    problem(search(api, "/api/v2/collections/nowhere", out.getvalue()), 404, "collection_not_found")
    body = {"vector": [1.0] * 512}
    problem(
        api.post("/api/v2/collections/nowhere/search/vector", json=body),
        404,
        "collection_not_found",
    )


def test_vectors_of_two_encoders_never_meet(
    api: httpx.Client,
    settings: Settings,
    redis: RedisClient,
    collection: str,
    url: str,
) -> None:
    with Encoder(settings):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    with Encoder(settings, weights="imagenet"):
        problem(search(api, url, out.getvalue()), 409, "encoder_mismatch")
