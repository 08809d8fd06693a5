"""Images: listed, shown, changed, forgotten."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.files.uris import file_path
from tests.contract.calls import ended, problem

FIELDS = {
    *("id", "uri", "sha256", "width", "height", "bytes", "format", "modified_at", "added_at"),
    *("job", "tags", "metadata", "taken_at", "camera", "lens", "gps", "content_url"),
    "thumbnail_url",
}


@pytest.fixture
def url(collection: str) -> str:
    return f"/api/v2/collections/{collection}/images"


def pages(api: httpx.Client, url: str, **params: Any) -> list[list[dict[str, Any]]]:
    """Every page of a list."""
    found: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    while True:
        page = api.get(url, params={**params, **({"cursor": cursor} if cursor else {})})
        page.raise_for_status()
        found.append(page.json()["items"])
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return found


def test_images_are_listed_page_by_page(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    found = pages(api, url, limit=4)

    assert [len(page) for page in found] == [4, 2]
    images = [image for page in found for image in page]
    assert [image["id"] for image in images] == sorted(row.id for row in stored)
    assert all(set(image) == FIELDS for image in images)


@pytest.mark.parametrize("order", ["id", "added_at", "-added_at"])
def test_images_are_ordered(
    api: httpx.Client, stored: list[ImageRow], url: str, order: str
) -> None:
    images = [image for page in pages(api, url, order=order, limit=4) for image in page]

    keys = [(image["added_at"], image["id"]) for image in images]
    assert len(images) == len(stored)
    if order == "id":
        assert [key[1] for key in keys] == sorted(key[1] for key in keys)
    else:
        moments = [key[0] for key in keys]
        assert moments == sorted(moments, reverse=order.startswith("-"))


def test_images_are_filtered_by_tag_and_folder(
    api: httpx.Client, stored: list[ImageRow], url: str, pictures_root: Path
) -> None:
    def count(**params: str) -> int:
        return len(api.get(url, params=params).json()["items"])

    assert count(tag="even") == 3
    assert count(tag="wei\u00df") == 3
    assert count(tag='" or id != "') == 0
    assert count(path_prefix=str(pictures_root)) == 6
    assert count(path_prefix=str(pictures_root / "group0")) == 2
    assert count(path_prefix=str(pictures_root / "group")) == 0
    assert count(path_prefix=str(pictures_root / "group0"), tag="odd") == 1
    assert count(path_prefix="file:///elsewhere") == 0


def test_an_image_is_found_by_its_uri_or_path(
    api: httpx.Client, stored: list[ImageRow], url: str, collection: str
) -> None:
    def found(uri: str, **params: str) -> list[str]:
        reply = api.get(url, params={"uri": uri, **params})
        assert reply.status_code == 200, reply.text
        return [image["id"] for image in reply.json()["items"]]

    row = stored[0]
    assert found(row.uri) == found(str(file_path(row.uri))) == [row.id]
    assert found(row.uri, order="-added_at") == [row.id]
    assert found(row.uri, tag="no such tag") == []
    assert found(row.uri[:-1]) == found(row.uri + "x") == found('" or id != "') == []
    assert found("/no such/\u00dcbung (1)/it's~100%*!.jpg") == []
    problem(api.get(url, params={"uri": "x" * 5000}), 422, "validation_error")


def test_one_image_is_shown(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    image = api.get(f"{url}/{stored[0].id}").json()

    assert set(image) == FIELDS
    assert (image["id"], image["uri"]) == (stored[0].id, stored[0].uri)
    assert (image["width"], image["height"], image["format"]) == (320, 240, "jpeg")
    assert (image["tags"], image["metadata"]) == (["even"], {"n": 0})
    assert api.get(image["content_url"]).status_code == 200
    assert api.get(image["thumbnail_url"]).status_code == 200


def test_tags_and_metadata_are_changed_apart(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    address = f"{url}/{stored[0].id}"

    tagged = api.patch(address, json={"tags": ["new", "new", "other"]}).json()
    described = api.patch(address, json={"metadata": {"rating": 5}}).json()
    unchanged = api.patch(address, json={}).json()

    assert (tagged["tags"], tagged["metadata"]) == (["new", "other"], {"n": 0})
    assert (described["tags"], described["metadata"]) == (["new", "other"], {"n": 0, "rating": 5})
    assert unchanged == described == api.get(address).json()
    assert [i["id"] for i in api.get(url, params={"tag": "other"}).json()["items"]] == [
        stored[0].id
    ]
    hits = api.get(f"{address}/similar").json()["hits"]
    assert len(hits) == 5


def test_a_change_may_ask_that_nobody_made_another(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    address = f"{url}/{stored[0].id}"
    seen = api.get(address).headers["etag"]
    changed = api.patch(address, json={"tags": ["one"]}, headers={"If-Match": seen})
    assert (changed.status_code, changed.json()["tags"]) == (200, ["one"])
    now = changed.headers["etag"]
    assert now == api.get(address).headers["etag"] != seen

    late = {"If-Match": seen}
    problem(api.patch(address, json={"tags": ["two"]}, headers=late), 412, "precondition_failed")
    problem(api.delete(address, headers=late), 412, "precondition_failed")
    problem(api.delete(address, headers={"If-Match": f"W/{now}"}), 412, "precondition_failed")
    assert api.get(address).json()["tags"] == ["one"]

    any_of = {"If-Match": f"{seen}, {now}"}
    assert api.patch(address, json={"metadata": {"a": 1}}, headers=any_of).status_code == 200
    assert api.patch(address, json={"tags": []}, headers={"If-Match": "*"}).status_code == 200
    last = api.get(address).headers["etag"]
    assert api.delete(address, headers={"If-Match": last}).status_code == 204
    problem(api.delete(address, headers={"If-Match": last}), 404, "image_not_found")


def test_facts_are_shown_filtered_and_ordered_by(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    known = sorted(row.id for row in stored if row.facts.camera)
    shown = api.get(f"{url}/{known[0]}").json()
    assert shown["taken_at"] == "2024-01-01T00:00:00Z"
    assert (shown["camera"], shown["lens"]) == ("FUJIFILM X100V", None)
    assert shown["gps"] == {"lat": -1.5, "lon": 2}
    assert shown["metadata"] == {"n": 0}
    before = json.dumps({"must": [{"field": "taken_at", "range": {"lt": "2024-01-01T01:00:00Z"}}]})
    assert [image["id"] for image in pages(api, url, filter=before)[0]] == known
    unknown = json.dumps({"must": [{"field": "camera", "exists": False}]})
    others = [image["id"] for image in pages(api, url, filter=unknown)[0]]
    for order in ("taken_at", "-taken_at"):
        listed = [image["id"] for page in pages(api, url, order=order, limit=2) for image in page]
        assert listed == [*known, *others]
    api.patch(f"{url}/{known[0]}", json={"metadata": None}).raise_for_status()
    assert api.get(f"{url}/{known[0]}").json() == {**shown, "metadata": {}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"metadata": {"lookalike.facts": {"camera": "forged"}}}', "metadata"),
        ('{"tags": [""]}', "tags"),
        ('{"tags": ["a\\u0000b"]}', "tags"),
        ('{"tags": ["' + "a" * 65 + '"]}', "tags"),
        ('{"metadata": {"a": NaN}}', "metadata"),
        ('{"metadata": {"a": "\\ud800"}}', "metadata"),
        ('{"metadata": {"a": "' + "a" * 61_000 + '"}}', "metadata"),
        ('{"uri": "file:///etc/passwd"}', "uri"),
    ],
)
def test_labels_that_cannot_be_stored_are_refused(
    api: httpx.Client, url: str, body: str, field: str
) -> None:
    headers = {"Content-Type": "application/json"}
    reply = api.patch(f"{url}/{'0' * 32}", content=body, headers=headers)

    assert field in problem(reply, 422, "validation_error")["detail"]


def test_a_forgotten_image_leaves_its_file(
    api: httpx.Client, stored: list[ImageRow], url: str, pictures_root: Path
) -> None:
    address = f"{url}/{stored[0].id}"

    assert api.delete(address).status_code == 204

    problem(api.get(address), 404, "image_not_found")
    problem(api.delete(address), 404, "image_not_found")
    problem(api.patch(address, json={"tags": []}), 404, "image_not_found")
    assert len(list(pictures_root.rglob("*.jpg"))) == 6
    assert len(api.get(url).json()["items"]) == 5


def test_many_are_forgotten_by_filter_and_never_all(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    problem(api.delete(url), 422, "empty_filter")
    problem(api.delete(f"{url}?tag=&path_prefix="), 422, "empty_filter")

    assert api.delete(url, params={"tag": "even"}).json() == {"deleted": 3}
    assert api.delete(url, params={"tag": "even"}).json() == {"deleted": 0}
    assert len(api.get(url).json()["items"]) == 3


def test_very_many_are_forgotten_by_a_job(
    api: httpx.Client,
    stored: list[ImageRow],
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.services.deletion.MAX_AT_ONCE", 2)

    reply = api.delete(url, params={"tag": "even"})

    assert reply.status_code == 202
    job = reply.json()
    assert job["source"] == {"kind": "deletion", "tag": "even", "path_prefix": None, "filter": None}
    assert reply.headers["location"].endswith(f"/api/v2/jobs/{job['id']}")
    assert ended(api, job["id"])["status"] == "done"


def test_what_is_not_there_is_not_found(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    elsewhere = "/api/v2/collections/nowhere/images"

    problem(api.get(elsewhere), 404, "collection_not_found")
    problem(api.get(f"{elsewhere}/{stored[0].id}"), 404, "collection_not_found")
    problem(api.delete(elsewhere, params={"tag": "a"}), 404, "collection_not_found")
    problem(api.get(f"{url}/{'0' * 32}"), 404, "image_not_found")
    problem(api.get(f"{url}/..%2f..%2fetc"), 404, "not_found")
    problem(api.get(f"{url}/UPPER"), 404, "image_not_found")
    problem(api.get(url, params={"cursor": "???"}), 422, "invalid_cursor")
    problem(api.get(url, params={"order": "size"}), 422, "validation_error")
