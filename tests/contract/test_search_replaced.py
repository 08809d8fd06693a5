"""Searches in a collection that was dropped, and made again, since the gateway last saw it."""

from pathlib import Path

import httpx

from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from tests.contract.calls import problem, search
from tests.contract.workers import WEIGHTS, Encoder, index, vector_of


def test_a_collection_that_was_made_again_is_searched_as_it_is_now(
    api: httpx.Client,
    settings: Settings,
    encoder: Encoder,
    stored: list[ImageRow],
    collection: str,
    url: str,
    picture: bytes,
) -> None:
    by_vector = {"vector": vector_of(picture).tolist(), "top_k": 1}
    similar = f"{url}/images/{stored[0].id}/similar"
    assert search(api, url, picture, top_k=1).json()["hits"][0]["id"] == stored[0].id
    assert len(api.get(similar).json()["hits"]) == len(stored) - 1

    api.delete(url, params={"confirm": collection}).raise_for_status()
    for reply in (
        search(api, url, picture),
        api.post(f"{url}/search/vector", json=by_vector),
        api.get(similar),
    ):
        problem(reply, 404, "collection_not_found")

    again = {"name": collection, "descriptor": {"pooling": "avg"}}
    api.post("/api/v2/collections", json=again).raise_for_status()
    assert search(api, url, picture).json()["hits"] == []
    (row,) = index(settings, collection, [Path(stored[0].uri.removeprefix("file://"))])
    found = search(api, url, picture).json()
    assert [hit["id"] for hit in found["hits"]] == [row.id]
    assert found["encoder"] == f"vgg16:{WEIGHTS}:stretch224:avg:512:v1"
    assert encoder.queries[-1].pooling == "avg"
    assert len(api.post(f"{url}/search/vector", json=by_vector).json()["hits"]) == 1


def test_a_collection_that_was_replaced_behind_the_gateway_is_searched_as_it_is_now(
    api: httpx.Client,
    settings: Settings,
    encoder: Encoder,
    stored: list[ImageRow],
    collection: str,
    url: str,
    picture: bytes,
) -> None:
    assert len(search(api, url, picture).json()["hits"]) == len(stored)
    by_vector = {"vector": vector_of(picture).tolist()}
    _replace(settings, collection, WEIGHTS)
    assert search(api, url, picture).json()["hits"] == []
    assert encoder.queries[-1].pooling == "max"

    _replace(settings, collection, WEIGHTS)
    found = api.post(f"{url}/search/vector", json=by_vector).json()
    assert found["hits"] == []
    assert found["encoder"] == f"vgg16:{WEIGHTS}:stretch224:max:512:v1"

    _replace(settings, collection, "untrained-fedcba98")
    problem(search(api, url, picture), 409, "encoder_mismatch")
    _replace(settings, collection, WEIGHTS)
    assert search(api, url, picture).json()["hits"] == []


def _replace(settings: Settings, collection: str, weights: str) -> None:
    milvus = MilvusConnection(settings)
    collections = Collections(milvus, settings)
    collections.drop(collection)
    collections.create(collection, weights=weights, pooling="max")
    milvus.close()
