"""Query expansion and re-ranking, in every search that takes them."""

from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from tests.contract.calls import problem, search
from tests.contract.workers import vector_of

Stored = list[ImageRow]
Found = list[tuple[str, float]]


def found(reply: httpx.Response) -> Found:
    assert reply.status_code == 200, reply.text
    return [(hit["id"], hit["score"]) for hit in reply.json()["hits"]]


@pytest.mark.parametrize(
    "options", [{"expand": 2}, {"rerank": "k_reciprocal"}, {"expand": 50, "rerank": "k_reciprocal"}]
)
def test_every_search_takes_them_alike(
    api: httpx.Client, stored: Stored, url: str, picture: bytes, options: dict[str, Any]
) -> None:
    vector = vector_of(picture).tolist()
    plain = found(search(api, url, picture))

    by_picture = found(search(api, url, picture, **options))

    assert {image for image, _ in by_picture} == {image for image, _ in plain}
    if "expand" in options:
        assert dict(by_picture) != dict(plain)
    else:
        assert dict(by_picture) == dict(plain)
    assert by_picture == found(api.post(f"{url}/search/vector", json={"vector": vector, **options}))
    query = {"positive": [{"vector": vector}], **options}
    assert by_picture == found(api.post(f"{url}/query", json=query))
    batch = api.post(f"{url}/query/batch", json={"queries": [query]}).json()["results"]
    assert by_picture == [(hit["id"], hit["score"]) for hit in batch[0]["hits"]]
    assert all("vector" not in hit for hit in batch[0]["hits"])

    image = stored[0].id
    similar = found(api.get(f"{url}/images/{image}/similar", params=options))
    assert image not in dict(similar)
    assert len(similar) == len(stored) - 1
    assert similar == found(
        api.post(f"{url}/query", json={"positive": [{"image": image}], **options})
    )


def test_they_are_off_by_default(
    api: httpx.Client, stored: Stored, url: str, picture: bytes
) -> None:
    assert found(search(api, url, picture, expand=0, rerank="none")) == found(
        search(api, url, picture)
    )


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("expand", 51, "50"),
        ("expand", -1, "0"),
        ("expand", "x", "integer"),
        ("rerank", "x", "none"),
    ],
)
def test_what_they_cannot_be(
    api: httpx.Client, stored: Stored, url: str, picture: bytes, field: str, value: Any, reason: str
) -> None:
    vector = {"vector": [1.0] * 512}
    replies = {
        f"body.{field}": [
            search(api, url, picture, **{field: value}),
            api.post(f"{url}/search/vector", json={**vector, field: value}),
            api.post(f"{url}/query", json={"positive": [vector], field: value}),
        ],
        f"query.{field}": [api.get(f"{url}/images/{stored[0].id}/similar", params={field: value})],
    }
    for place, refused in replies.items():
        for reply in refused:
            (error,) = problem(reply, 422, "validation_error")["errors"]
            assert error["field"] == place
            assert reason in error["message"]


@pytest.mark.parametrize("option", [{"expand": 1}, {"rerank": "k_reciprocal"}])
def test_best_score_has_no_one_query_vector(
    api: httpx.Client, stored: Stored, url: str, option: dict[str, Any]
) -> None:
    body = {"positive": [{"image": stored[0].id}], "strategy": "best_score", **option}
    (error,) = problem(api.post(f"{url}/query", json=body), 422, "validation_error")["errors"]
    assert error["field"] == "body"
    assert "leave out best_score" in error["message"]
