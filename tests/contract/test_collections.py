"""Collections: list, create, show, drop."""

from pathlib import Path

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.workers import WEIGHTS, Encoder
from tests.drawn import draw_files


def test_a_collection_is_created_shown_listed_and_dropped(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    body = {
        "name": collection,
        "description": "All summers",
        "descriptor": {"pooling": "gem", "weights": "untrained"},
        "index": {"type": "IVF_FLAT", "params": {"nlist": 32}},
    }
    created = api.post("/api/v2/collections", json=body)

    assert created.status_code == 201
    assert created.headers["Location"] == f"/api/v2/collections/{collection}"
    shown = api.get(created.headers["Location"]).json()
    assert shown == created.json()
    assert shown["name"] == collection
    assert shown["description"] == "All summers"
    assert (shown["count"], shown["bytes"]) == (0, 0)
    assert shown["encoder"] == f"vgg16:{WEIGHTS}:stretch224:gem:512:v1"
    assert shown["descriptor"] == {"pooling": "gem", "weights": WEIGHTS}
    assert shown["index"] == {"type": "IVF_FLAT", "params": {"nlist": 32}}
    assert (shown["state"], shown["regions"]) == ("loaded", False)
    assert shown["created_at"].endswith("Z")
    assert collection in [c["name"] for c in _all(api)]

    assert api.delete(created.headers["Location"]).status_code == 204

    problem(api.get(created.headers["Location"]), 404, "collection_not_found")
    problem(api.delete(created.headers["Location"]), 404, "collection_not_found")
    assert collection not in [c["name"] for c in _all(api)]


def test_collections_are_paged_by_name(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    names = [f"{collection}_{letter}" for letter in "abc"]
    for name in names:
        api.post("/api/v2/collections", json={"name": name}).raise_for_status()

    found, cursor = [], None
    while True:
        page = api.get("/api/v2/collections", params=_page(cursor, 2)).json()
        assert len(page["items"]) <= 2
        found += [c["name"] for c in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == sorted(found)
    assert set(names) <= set(found)
    problem(api.get("/api/v2/collections?cursor=%25"), 422, "invalid_cursor")


def test_a_taken_name_is_a_conflict(api: httpx.Client, encoder: Encoder, collection: str) -> None:
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()

    reply = api.post("/api/v2/collections", json={"name": collection})

    problem(reply, 409, "collection_exists")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "1st"}, "name"),
        ({"name": "a" * 64}, "name"),
        ({"name": "a\n"}, "name"),
        ({"name": "a", "descriptor": {"pooling": "median"}}, "descriptor.pooling"),
        ({"name": "a", "index": {"type": "KDTREE"}}, "index.type"),
        ({"name": "a", "descripton": "typo"}, "descripton"),
    ],
)
def test_what_is_wrong_is_named(
    api: httpx.Client, encoder: Encoder, body: dict[str, object], field: str
) -> None:
    reply = problem(api.post("/api/v2/collections", json=body), 422, "validation_error")

    assert [error["field"] for error in reply["errors"]] == [f"body.{field}"]
    assert field in reply["detail"]


def test_an_index_with_a_wrong_parameter_is_refused(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    body = {"name": collection, "index": {"type": "HNSW", "params": {"M": 100_000}}}

    problem(api.post("/api/v2/collections", json=body), 422, "invalid_index")


def test_an_index_that_the_store_has_not_is_refused_with_a_remedy(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    body = {"name": collection, "index": {"type": "IVF_RABITQ"}}

    reply = problem(api.post("/api/v2/collections", json=body), 422, "index_unavailable")

    assert reply["detail"] == (
        "milvus-lite has no index IVF_RABITQ: choose one of FLAT, IVF_FLAT, IVF_SQ8, HNSW, "
        "HNSW_SQ, AUTOINDEX, or run a Milvus server for it."
    )
    assert api.get(f"/api/v2/collections/{collection}").status_code == 404


def test_without_any_encoder_seen_no_collection_is_made(api: httpx.Client, collection: str) -> None:
    reply = api.post("/api/v2/collections", json={"name": collection})

    problem(reply, 503, "no_encoder")
    assert int(reply.headers["Retry-After"]) > 0


def test_weights_of_another_encoder_are_refused(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    body = {"name": collection, "descriptor": {"weights": "imagenet"}}

    problem(api.post("/api/v2/collections", json=body), 409, "encoder_mismatch")


def test_a_dropped_collection_takes_its_jobs_and_uploads_along(
    api: httpx.Client,
    stored: list[ImageRow],
    settings: Settings,
    collection: str,
    tmp_path: Path,
) -> None:
    (picture,) = draw_files(tmp_path / "mine", 1, first=50)
    upload = api.post(
        f"/api/v2/collections/{collection}/images?wait=true",
        files={"files": ("a.jpg", picture.read_bytes())},
    )
    assert upload.status_code == 200
    assert any((settings.uploads_dir / collection).rglob("*.jpg"))

    assert api.delete(f"/api/v2/collections/{collection}").status_code == 204

    assert not (settings.uploads_dir / collection).exists()
    problem(api.get(f"/api/v2/jobs/{upload.json()['id']}"), 404, "job_not_found")
    assert api.get("/api/v2/jobs", params={"collection": collection}).json()["items"] == []
    assert all(Path(p).exists() for p in settings.image_roots[0].rglob("*.jpg"))


def _page(cursor: str | None, limit: int) -> dict[str, str]:
    return {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})


def _all(api: httpx.Client) -> list[dict[str, object]]:
    items: list[dict[str, object]] = api.get("/api/v2/collections?limit=1000").json()["items"]
    return items
