"""Filters in every call that takes one, and what is refused of them."""

import json
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from tests.contract.calls import problem, search

EVEN = {"must": [{"field": "tags", "any": ["even"]}]}
ODD = {"must_not": [{"field": "tags", "any": ["even"]}]}


def ids(reply: httpx.Response, name: str = "hits") -> set[str]:
    assert reply.status_code == 200, reply.text
    return {item["id"] for item in reply.json()[name]}


def test_every_search_takes_a_filter(
    api: httpx.Client, stored: list[ImageRow], url: str, picture: bytes
) -> None:
    even, odd = {row.id for row in stored[::2]}, {row.id for row in stored[1::2]}
    text = json.dumps(ODD)

    assert ids(search(api, url, picture, filter=text)) == odd
    similar = f"{url}/images/{stored[0].id}/similar"
    assert ids(api.get(similar, params={"filter": text})) == odd
    assert ids(api.get(similar, params={"filter": json.dumps(EVEN)})) == even - {stored[0].id}
    vector = {"vector": [1.0] * 512, "filter": EVEN}
    assert ids(api.post(f"{url}/search/vector", json=vector)) == even
    assert ids(api.post(f"{url}/search/vector", json={**vector, "tag": "odd"})) == set()
    assert ids(api.get(f"{url}/images", params={"filter": text}), "items") == odd
    counted = api.post(f"{url}/count", json={"filter": ODD})
    assert counted.json() == {"count": 3}
    assert api.post(f"{url}/count", json={}).json() == {"count": 6}


def test_fields_of_all_kinds(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    def count(**condition: Any) -> int:
        reply = api.post(f"{url}/count", json={"filter": {"must": [condition]}})
        assert reply.status_code == 200, reply.text
        found: int = reply.json()["count"]
        return found

    row = stored[0]
    path = row.uri.removeprefix("file://")
    assert count(field="uri", any=[path]) == count(field="uri", any=[row.uri]) == 1
    assert count(field="sha256", any=[row.sha256]) == 1
    assert count(field="metadata.n", any=[0]) == 3
    assert count(field="metadata.n", any=[False, "0"]) == 0
    assert count(field="metadata.n", range={"gte": -0.5, "lt": 0.5}) == 3
    assert count(field="metadata.n", exists=False) == 3
    assert count(field="tags", any=["wei\u00df", "none"]) == 3
    assert count(field="width", range={"gte": row.width, "lte": row.width}) >= 1
    assert count(field="added_at", range={"gt": "2020-01-01T00:00:00+02:00"}) == 6
    assert count(field="modified_at", range={"lt": "2020-01-01T00:00:00Z"}) == 0
    assert count(folder=path.rsplit("/", 1)[0]) >= 1
    assert count(folder=path[:-1]) == 0
    assert count(should=[{"field": "id", "any": [row.id]}, {"field": "job", "exists": False}]) == 1


@pytest.mark.parametrize(
    ("given", "place", "reason"),
    [
        ({"must": [{"field": "taken", "exists": True}]}, "must.0", "no field 'taken'"),
        ({"must": [{"field": "camera", "range": {"gt": "A"}}]}, "must.0", "ask for camera by any"),
        ({"must": [{"field": "gps.lat", "any": ["1"]}]}, "must.0", "a number of degrees"),
        ({"must": [{"field": "metadata", "exists": True}]}, "must.0", "metadata.<name>"),
        ({"must": [{"field": 'metadata.a"b', "exists": True}]}, "must.0", "no name"),
        ({"should": [{"field": "width", "any": [1, "2"]}]}, "should.0", "any[1] must be a whole"),
        ({"should": [{"field": "tags", "any": [1]}]}, "should.0", "any[0] must be a string"),
        ({"must": [{"field": "tags", "any": []}]}, "must.0.any", "at least 1 item"),
        ({"must": [{"field": "tags", "range": {"gt": "a"}}]}, "must.0", "ask for tags by any"),
        ({"must": [{"field": "width", "range": {}}]}, "must.0", "none of gt, gte, lt, lte"),
        ({"must": [{"field": "width", "range": {"gt": 5, "lt": 6}}]}, "must.0", "range is empty"),
        ({"must": [{"field": "width", "range": {"gt": 1, "gte": 1}}]}, "must.0", "both gt and gte"),
        ({"must": [{"field": "width", "range": {"ge": 1}}]}, "must.0.range.ge", "not permitted"),
        ({"must": [{"field": "added_at", "range": {"gt": "2024-01-01"}}]}, "must.0", "time zone"),
        ({"must": [{"field": "metadata.a", "range": {"gt": 1, "lt": "b"}}]}, "must.0", "of a kind"),
        ({"must": [{"field": "width", "rang": {}}]}, "must.0.any", "required"),
        ({"must": [{"must_not": []}]}, "", "must[0] has no condition"),
        ({"must": [{"folder": ""}]}, "must.0.folder", "at least 1 character"),
        ({"must": [7]}, "must.0", "valid dictionary"),
        ({"most": []}, "most", "not permitted"),
        ({"must": [{"field": "id", "any": ["a"] * 600}] * 2}, "", "more than 1000 values"),
    ],
)
def test_what_is_refused_is_named(
    api: httpx.Client, url: str, given: dict[str, Any], place: str, reason: str
) -> None:
    body = problem(api.post(f"{url}/count", json={"filter": given}), 422, "validation_error")
    found = {error["field"]: error["message"] for error in body["errors"]}
    where = ".".join(part for part in ("body.filter", place) if part)
    assert reason in found[where], found

    reply = api.get(f"{url}/images", params={"filter": json.dumps(given)})
    assert problem(reply, 422, "validation_error")["errors"][0]["field"].startswith("query.filter")


def test_what_is_no_filter_at_all(api: httpx.Client, url: str, picture: bytes) -> None:
    for depth in (6, 200, 50_000):
        deep = '{"must": [' * depth + '{"folder": "/a"}' + "]}" * depth
        headers = {"Content-Type": "application/json"}
        reply = api.post(f"{url}/count", content=f'{{"filter": {deep}}}', headers=headers)
        if depth == 50_000:
            problem(reply, 400, "bad_request")
            break
        body = problem(reply, 422, "validation_error")
        (error,) = body["errors"]
        assert error["field"] == "body.filter"
        assert "nested deeper than 5 filters" in error["message"]
    for text in ("{", "[]", "7", '{"must": [{"field": "tags", "any": ["\\ud800"]}]}'):
        reply = search(api, url, picture, filter=text)
        body = problem(reply, 422, "validation_error")
        assert body["errors"][0]["field"].startswith("body.filter")


def test_deletion_by_a_filter(
    api: httpx.Client, stored: list[ImageRow], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for empty in ("{}", '{"must": []}'):
        reply = api.delete(f"{url}/images", params={"filter": empty})
        problem(reply, 422, "empty_filter")
    two = {"must": [{"field": "id", "any": [stored[1].id, stored[2].id]}]}
    reply = api.delete(f"{url}/images", params={"filter": json.dumps(two)})
    assert reply.json() == {"deleted": 2}
    assert api.post(f"{url}/count", json={}).json() == {"count": 4}

    monkeypatch.setattr("gateway.services.deletion.MAX_AT_ONCE", 1)
    reply = api.delete(f"{url}/images", params={"filter": json.dumps(EVEN)})
    assert reply.status_code == 202
    source = reply.json()["source"]
    assert source["filter"]["must"] == [{"field": "tags", "any": ["even"]}]
    assert api.get(reply.headers["Location"]).json()["source"] == source


def test_images_are_found_by_content(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    row = stored[3]
    found = api.get(f"{url}/images", params={"sha256": row.sha256.upper()})
    assert ids(found, "items") == {row.id}
    assert ids(api.get(f"{url}/images", params={"uri": row.uri}), "items") == {row.id}
    assert ids(api.get(f"{url}/images", params={"sha256": "0" * 64}), "items") == set()
    problem(api.get(f"{url}/images", params={"sha256": "x"}), 422, "validation_error")
