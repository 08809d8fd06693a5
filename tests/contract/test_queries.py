"""Queries by examples, alone and in batches."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared.domain.image import ImageRow
from shared.settings import Settings
from tests.contract.calls import NOTHING, png, problem
from tests.contract.workers import Encoder, index, vector_of

Stored = list[ImageRow]
CROP = {"x": 0.5, "y": 0.25, "width": 0.5, "height": 0.75}


def content(row: ImageRow) -> bytes:
    return Path(row.uri.removeprefix("file://")).read_bytes()


def vectors(rows: Stored) -> Any:
    return np.stack([vector_of(content(row)) for row in rows]).astype(np.float64)


def query(api: httpx.Client, url: str, **body: Any) -> dict[str, Any]:
    reply = api.post(f"{url}/query", json=body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def scores(found: dict[str, Any]) -> list[tuple[str, float]]:
    return [(hit["id"], hit["score"]) for hit in found["hits"]]


def test_one_example_is_a_search(api: httpx.Client, stored: Stored, url: str) -> None:
    row = stored[0]
    similar = api.get(f"{url}/images/{row.id}/similar").json()["hits"]
    found = query(api, url, positive=[{"image": row.id}])
    assert found["hits"] == similar
    assert found["took_ms"]["encode"] == 0
    assert all("vector" not in hit for hit in similar)

    by_vector = query(api, url, positive=[{"vector": vectors([row])[0].tolist()}])
    by_bytes = query(api, url, positive=[{"base64": base64.b64encode(content(row)).decode()}])
    assert scores(by_vector) == scores(by_bytes)
    assert scores(by_bytes)[0] == (row.id, 1)
    assert by_bytes["took_ms"]["encode"] > 0


def test_the_average_of_examples(api: httpx.Client, stored: Stored, url: str) -> None:
    positive, negative = stored[:2], stored[2:3]
    body = {
        "positive": [{"image": row.id} for row in positive],
        "negative": [{"vector": (7 * vectors(negative)[0]).tolist()}],
    }
    target = 2 * vectors(positive).mean(axis=0) - vectors(negative)[0]
    target /= np.linalg.norm(target)
    rest = stored[2:]
    expected = sorted(zip((r.id for r in rest), vectors(rest) @ target, strict=True), key=by_score)

    found = scores(query(api, url, **body))

    assert [image for image, _ in found] == [image for image, _ in expected]
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], abs=1e-5)


def by_score(pair: tuple[str, float]) -> tuple[float, str]:
    return -pair[1], pair[0]


def test_how_thoroughly_the_index_is_searched(api: httpx.Client, stored: Stored, url: str) -> None:
    like = [{"image": stored[0].id}]
    expected = query(api, url, positive=like)["hits"]
    for params in ({"ef": 1}, {"ef": 512}, {}):
        assert query(api, url, positive=like, params=params)["hits"] == expected

    refused: list[dict[str, float]] = [{"nprobe": 8}, {"ef": 0}, {"ef": 1.5}, {"refine_k": 2}]
    for wrong in refused:
        reply = api.post(f"{url}/query", json={"positive": like, "params": wrong})
        refusal = problem(reply, 422, "invalid_search_params")
        assert "ef" in refusal["detail"]
    batch = {"queries": [{"positive": like, "params": {"nprobe": 8}}, {"positive": like}]}
    failed, answered = api.post(f"{url}/query/batch", json=batch).json()["results"]
    assert failed["error"]["code"] == "invalid_search_params"
    assert answered["hits"] == expected


@pytest.mark.parametrize("likes", [0, 1, 2])
@pytest.mark.parametrize("dislikes", [1, 2])
def test_the_best_score_of_examples(
    api: httpx.Client, stored: Stored, url: str, likes: int, dislikes: int
) -> None:
    positive, negative = stored[:likes], stored[2 : 2 + dislikes]
    rest = [row for row in stored if row not in (*positive, *negative)]
    good = (vectors(rest) @ vectors(positive).T).max(axis=1) if likes else np.full(len(rest), -2)
    bad = (vectors(rest) @ vectors(negative).T).max(axis=1)
    best = np.where(good > bad, good, -(bad**2))
    expected = sorted(zip((r.id for r in rest), best.tolist(), strict=True), key=by_score)
    body = {
        "positive": [{"image": row.id} for row in positive],
        "negative": [{"image": row.id} for row in negative],
        "strategy": "best_score",
    }

    found = query(api, url, **body)

    assert [image for image, _ in scores(found)] == [image for image, _ in expected]
    assert [s for _, s in scores(found)] == pytest.approx([s for _, s in expected], abs=1e-5)
    page = query(api, url, **body, offset=1, top_k=2, min_score=expected[-1][1] - 1e-5)
    assert scores(page) == scores(found)[1:3]
    assert query(api, url, **body, min_score=0.99)["hits"] == []


def test_a_part_of_a_stored_image(
    api: httpx.Client, stored: Stored, url: str, encoder: Encoder
) -> None:
    found = query(api, url, positive=[{"image": stored[0].id, "crop": CROP}])
    # The encoder of these tests makes the whole picture's vector; the image itself is left out.
    assert stored[0].id not in dict(scores(found))
    assert len(found["hits"]) == 5
    assert encoder.queries[-1].crop is not None
    assert encoder.queries[-1].crop.model_dump() == CROP

    Path(stored[0].uri.removeprefix("file://")).unlink()
    reply = api.post(f"{url}/query", json={"positive": [{"image": stored[0].id, "crop": CROP}]})
    problem(reply, 404, "missing")


@pytest.mark.parametrize("strategy", ["average", "best_score"])
def test_vectors_and_distinct_contents(
    api: httpx.Client, stored: Stored, settings: Settings, url: str, collection: str, strategy: str
) -> None:
    path = Path(stored[1].uri.removeprefix("file://"))
    copies = [path.with_name(f"copy{n}.png") for n in range(3)]
    for copy in copies:
        copy.write_bytes(path.read_bytes())
    index(settings, collection, copies)
    body = {"positive": [{"vector": vectors([stored[1]])[0].tolist()}], "strategy": strategy}

    assert len(query(api, url, **body, top_k=100)["hits"]) == 9
    found = query(api, url, **body, distinct=True, with_vector=True, top_k=2)
    assert [hit["score"] == pytest.approx(1) for hit in found["hits"]] == [True, False]
    by_id = {row.id: row for row in stored}
    for hit in found["hits"][1:]:
        assert hit["vector"] == pytest.approx(vectors([by_id[hit["id"]]])[0].tolist())
    assert len(query(api, url, **body, distinct=True)["hits"]) == 6
    assert len(query(api, url, **body, distinct=True, offset=4)["hits"]) == 2
    plain = {"vector": body["positive"][0]["vector"], "distinct": True}  # type: ignore[index]
    assert len(api.post(f"{url}/search/vector", json=plain).json()["hits"]) == 6


def test_an_image_with_its_vector(api: httpx.Client, stored: Stored, url: str) -> None:
    address = f"{url}/images/{stored[0].id}"
    plain, whole = api.get(address), api.get(address, params={"with_vector": True})
    assert whole.json().pop("vector") == pytest.approx(vectors(stored)[0].tolist())
    assert plain.headers["ETag"] == whole.headers["ETag"]
    assert "vector" not in plain.json()
    problem(api.get(f"{url}/images/{NOTHING}?with_vector=1"), 404, "image_not_found")


@pytest.mark.parametrize(
    ("body", "place", "reason"),
    [
        ({}, "body", "give an example"),
        ({"negative": [{"vector": [1.0] * 512}]}, "body", "average needs a positive example"),
        ({"positive": [{"url": ""}]}, "body.positive.0.url", "at least 1"),
        ({"positive": [{"url": "https://a.test"}] * 17}, "body", "more than 16 pictures"),
        ({"positive": [{"vector": [1.0]}]}, "body.positive.0.vector", "at least 512"),
        ({"positive": [{"vector": [0.0] * 512}]}, "body.positive.0.vector", "neither zero"),
        ({"positive": [{"base64": "%"}]}, "body.positive.0.base64", "must be base64"),
        ({"positive": [{"vector": [1.0] * 512, "crop": {}}]}, "body.positive.0.crop", "permitted"),
        ({"positive": [{}]}, "body.positive.0.image", "required"),
        ({"positive": [{"vector": [1.0] * 512}], "other": 3}, "body.other", "not permitted"),
        ({"positive": [{"base64": "AAAA"}] * 17}, "body", "more than 16 pictures"),
        (
            {"positive": [{"image": NOTHING, "crop": {**CROP, "x": 0.6}}]},
            "body.positive.0.crop",
            "inside the picture",
        ),
    ],
)
def test_refused_queries(
    api: httpx.Client, url: str, body: dict[str, Any], place: str, reason: str
) -> None:
    errors = problem(api.post(f"{url}/query", json=body), 422, "validation_error")["errors"]
    assert reason in {error["field"]: error["message"] for error in errors}[place], errors


def test_queries_that_cannot_be_answered(api: httpx.Client, stored: Stored, url: str) -> None:
    def ask(**body: Any) -> httpx.Response:
        return api.post(f"{url}/query", json=body)

    problem(ask(positive=[{"image": NOTHING}]), 404, "image_not_found")
    problem(ask(positive=[{"base64": "AAAA"}]), 422, "unsupported_format")
    opposite = [{"vector": [1.0] * 512}, {"vector": [-1.0] * 512}]
    problem(ask(positive=opposite), 422, "examples_cancel_out")
    many = {"negative": opposite * 10, "strategy": "best_score", "offset": 900}
    problem(ask(**many), 422, "window_too_large")
    absent = api.post("/api/v2/collections/absent/query", json={"positive": opposite[:1]})
    problem(absent, 404, "collection_not_found")


def test_a_batch_in_which_some_fail(api: httpx.Client, stored: Stored, url: str) -> None:
    good = {"positive": [{"image": stored[0].id}], "top_k": 2}
    queries = [
        good,
        {"positive": [{"image": NOTHING}]},
        {"positive": [{"image": stored[0].id}], "filter": {"must": [{"field": "\ud800"}]}},
        "none",
        {"positive": [{"base64": base64.b64encode(png(1)).decode()}], "with_vector": True},
    ]
    # Not by httpx, which refuses to send half a surrogate pair.
    text = json.dumps({"queries": queries})
    headers = {"Content-Type": "application/json"}
    reply = api.post(f"{url}/query/batch", content=text, headers=headers)

    assert reply.status_code == 200, reply.text
    first, absent, invalid, nothing, last = reply.json()["results"]
    assert first["hits"] == query(api, url, **good)["hits"]
    assert absent["error"]["code"] == "image_not_found"
    assert (invalid["error"]["code"], invalid["error"]["status"]) == ("validation_error", 422)
    assert invalid["error"]["errors"][-1]["field"] == "body.queries.2.filter.must.0.any"
    assert nothing["error"]["errors"][0]["field"] == "body.queries.3"
    assert len(last["hits"][0]["vector"]) == 512
    problem(api.post(f"{url}/query/batch", json={"queries": []}), 422, "validation_error")
    too_many = {"queries": [good] * 101}
    problem(api.post(f"{url}/query/batch", json=too_many), 422, "validation_error")
    absent = api.post("/api/v2/collections/absent/query/batch", json={"queries": [good]})
    problem(absent, 404, "collection_not_found")
