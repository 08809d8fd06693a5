"""Exports, imports, names: what callers get."""

import json
from typing import Any

import httpx
import pytest

from shared.domain.fingerprint import fingerprint
from shared.domain.image import ImageRow
from shared.files.exports import export_folder
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from tests.contract.calls import NOTHING, problem
from tests.contract.exports import PART, write_export
from tests.contract.workers import WEIGHTS, Encoder


@pytest.fixture
def idle(api: httpx.Client, settings: Settings, collection: str) -> None:
    """A collection, and no worker that takes a job."""
    milvus = MilvusConnection(settings)
    Collections(milvus, settings).create(collection, weights=WEIGHTS, pooling="gem")
    milvus.close()


def test_an_export_is_a_job(api: httpx.Client, idle: None, url: str) -> None:
    reply = api.post(f"{url}/exports", json={"uploads": False})
    assert reply.status_code == 202
    job = reply.json()
    assert job["source"] == {"kind": "export", "uploads": False}
    assert reply.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert api.post(f"{url}/exports", json={"uploads": False}).json()["id"] == job["id"]
    assert api.post(f"{url}/exports").json()["id"] != job["id"]
    problem(api.get(f"{url}/exports/{job['id']}"), 404, "export_not_found")
    assert api.get(f"{url}/exports").json() == {"items": [], "next_cursor": None}
    # Unfinished jobs keep the collection's name.
    problem(api.patch(url, json={"name": "another_name"}), 409, "collection_busy")


def test_exports_are_listed_shown_served_and_deleted(
    api: httpx.Client, stored: list[ImageRow], settings: Settings, collection: str, url: str
) -> None:
    older = write_export(settings, collection, created_at=1_600_000_000.0)
    name, other = write_export(settings, collection), write_export(settings, "another")
    page = api.get(f"{url}/exports", params={"limit": 1}).json()
    assert [item["id"] for item in page["items"]] == [name]
    page = api.get(f"{url}/exports", params={"cursor": page["next_cursor"]}).json()
    assert ([item["id"] for item in page["items"]], page["next_cursor"]) == ([older], None)

    shown = api.get(f"{url}/exports/{name}").json()
    assert shown["encoder"] == fingerprint(shown["descriptor"]["weights"], "gem")
    assert (shown["images"], shown["bytes"], shown["version"]) == (3, len(PART), 1)
    part = f"{url}/exports/{name}/parts/{shown['parts'][0]['name']}"
    whole = api.get(part)
    assert (whole.content, whole.headers["ETag"]) == (PART, f'"{shown["parts"][0]["sha256"]}"')
    ranged = api.get(part, headers={"Range": "bytes=10-19"})
    assert (ranged.status_code, ranged.content) == (206, PART[10:20])
    assert api.get(part, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert api.head(part).headers["Content-Length"] == str(len(PART))
    assert api.get(f"{url}/exports/{name}/parts/manifest.json").json()["collection"] == collection
    problem(api.get(f"{url}/exports/{name}/parts/{NOTHING}"), 404, "part_not_found")
    problem(api.get(f"{url}/exports/{other}"), 404, "export_not_found")
    problem(api.get(f"{url}/exports/..%2F{name}"), 404, "not_found")
    problem(api.get(f"{url}/exports/.hidden"), 404, "export_not_found")

    problem(api.delete(f"{url}/exports/{other}"), 404, "export_not_found")
    assert api.delete(f"{url}/exports/{name}").status_code == 204
    problem(api.delete(f"{url}/exports/{name}"), 404, "export_not_found")
    assert not export_folder(name, settings).exists()


def test_exports_outlive_their_collection(
    api: httpx.Client, stored: list[ImageRow], settings: Settings, collection: str, url: str
) -> None:
    name = write_export(settings, collection)
    assert api.delete(url).status_code == 204
    assert [item["id"] for item in api.get(f"{url}/exports").json()["items"]] == [name]
    assert api.get(f"{url}/exports/{name}").status_code == 200
    assert api.delete(f"{url}/exports/{name}").status_code == 204
    problem(api.get(f"{url}/exports"), 404, "collection_not_found")


def test_a_collection_of_an_export(
    api: httpx.Client, settings: Settings, collection: str, url: str
) -> None:
    name = write_export(settings, "elsewhere")
    body: dict[str, Any] = {"name": collection, "from_export": name}
    problem(api.post("/api/v2/collections", json=body), 503, "no_encoder")
    body["any_encoder"] = True
    reply = api.post("/api/v2/collections", json=body)
    assert reply.status_code == 202
    assert reply.json()["source"] == {"kind": "import", "export": name}
    made = api.get(url).json()
    assert (made["description"], made["descriptor"]["pooling"]) == ("From there", "gem")
    assert made["index"] == {"type": "IVF_FLAT", "params": {"nlist": 32}}
    problem(api.post("/api/v2/collections", json=body), 409, "collection_exists")
    other = {"name": f"{collection}_2", "description": "", "index": {"type": "FLAT"}}
    assert api.post("/api/v2/collections", json={**body, **other}).status_code == 202
    made = api.get(f"{url}_2").json()
    assert (made["description"], made["index"]["type"]) == ("", "FLAT")
    problem(api.delete(f"/api/v2/collections/elsewhere/exports/{name}"), 409, "export_in_use")


@pytest.mark.parametrize(
    ("changes", "given", "status", "code"),
    [
        ({}, {"from_export": NOTHING}, 404, "export_not_found"),
        ({}, {"from_export": "../../etc"}, 422, "validation_error"),
        ({}, {"regions": True}, 422, "validation_error"),
        ({}, {"descriptor": {"pooling": "avg"}}, 422, "validation_error"),
        ({"regions": "another layout"}, {}, 422, "export_unsupported"),
        ({"fingerprint": "vgg19"}, {}, 422, "export_unsupported"),
        (
            {"weights": "others", "fingerprint": fingerprint("others", "gem")},
            {},
            409,
            "encoder_mismatch",
        ),
    ],
)
def test_what_cannot_be_imported(
    api: httpx.Client,
    encoder: Encoder,
    settings: Settings,
    collection: str,
    url: str,
    changes: dict[str, Any],
    given: dict[str, Any],
    status: int,
    code: str,
) -> None:
    name = write_export(settings, "elsewhere", **changes)
    body = {"name": collection, "from_export": name, **given}
    problem(api.post("/api/v2/collections", json=body), status, code)
    problem(api.get(url), 404, "collection_not_found")
    if code == "encoder_mismatch":
        made = api.post("/api/v2/collections", json={**body, "any_encoder": True})
        assert made.status_code == 202


@pytest.mark.parametrize(
    ("text", "code"),
    [("no JSON", "export_corrupt"), ("[]", "export_corrupt"), ("{}", "export_corrupt")],
)
def test_a_manifest_that_is_none(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str, text: str, code: str
) -> None:
    name = write_export(settings, "elsewhere")
    manifest = export_folder(name, settings) / "manifest.json"
    later = json.dumps({**json.loads(manifest.read_text()), "version": 2})
    for content, wanted in ((text, code), (later, "export_unsupported")):
        manifest.write_text(content)
        body = {"name": collection, "from_export": name}
        problem(api.post("/api/v2/collections", json=body), 422, wanted)
        problem(api.get(f"/api/v2/collections/elsewhere/exports/{name}"), 422, wanted)


def test_a_former_name_is_taken_by_every_call(
    api: httpx.Client, stored: list[ImageRow], picture: bytes, collection: str, url: str
) -> None:
    new = f"{collection}_renamed"
    changes = {"name": new, "keep_alias": True, "description": "Renamed"}
    renamed = api.patch(url, json=changes).json()
    assert (renamed["name"], renamed["description"]) == (new, "Renamed")
    assert renamed["aliases"] == [collection]
    assert api.get(url).json() == renamed
    hits = api.post(f"{url}/search", files={"file": picture}).json()["hits"]
    assert hits[0]["content_url"].startswith(f"/api/v2/collections/{new}/")
    assert len(api.get(f"{url}/images").json()["items"]) == len(stored)
    assert api.post("/api/v1/count", json={"Table": collection}).text == str(len(stored))
    assert api.get(f"/data/{stored[0].id}.png", params={"Table": collection}).content == picture
    jobs = api.get("/api/v2/jobs", params={"collection": collection})
    assert jobs.status_code == 200
    made = api.post("/api/v2/collections", json={"name": collection})
    problem(made, 409, "collection_exists")
    # What it names is not dropped by it.
    assert api.delete(url).status_code == 204
    problem(api.get(url), 404, "collection_not_found")
    assert api.get(f"/api/v2/collections/{new}").json()["aliases"] == []
    problem(api.patch(url, json={"description": "x"}), 404, "collection_not_found")
    problem(api.patch(f"/api/v2/collections/{new}", json={}), 422, "validation_error")
