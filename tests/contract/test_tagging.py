"""Merge patches of one image, and changes of the tags of many."""

from typing import Any

import httpx
import pytest

from shared.domain.image import MAX_TAGS, ImageRow
from tests.contract.calls import NOTHING, problem

EVEN = {"must": [{"field": "tags", "any": ["even"]}]}


def tags(api: httpx.Client, url: str) -> list[list[str]]:
    return [item["tags"] for item in api.get(f"{url}/images?order=added_at").json()["items"]]


def test_a_merge_patch(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    address = f"{url}/images/{stored[0].id}"

    def patch(body: dict[str, Any], media_type: str = "application/json") -> Any:
        reply = api.patch(address, json=body, headers={"Content-Type": media_type})
        assert reply.status_code == 200, reply.text
        assert reply.headers["ETag"] == api.get(address).headers["ETag"]
        return reply.json()["tags"], reply.json()["metadata"]

    nested = {"a": {"b": 1, "c": [1, {"d": None}]}, "n": None}
    # A name whose value is null inside of a list is no part of the patch.
    assert patch({"metadata": nested})[1] == {"a": {"b": 1, "c": [1, {"d": None}]}}
    merge = "application/merge-patch+json"
    assert patch({"metadata": {"a": {"b": None, "e": "x"}}}, merge)[1] == {
        "a": {"c": [1, {"d": None}], "e": "x"}
    }
    assert patch({"metadata": {"a": "flat"}, "tags": {"add": ["x", "y"]}}) == (
        ["even", "x", "y"],
        {"a": "flat"},
    )
    assert patch({"tags": {"remove": ["even", "absent"], "add": ["x"]}})[0] == ["x", "y"]
    assert patch({"tags": {}}) == (["x", "y"], {"a": "flat"})
    assert patch({"tags": None}) == ([], {"a": "flat"})
    assert patch({"metadata": None}) == ([], {})
    assert patch({"metadata": {"a": {"b": None}}})[1] == {"a": {}}


def test_a_merge_patch_that_does_not_fit(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    address = f"{url}/images/{stored[0].id}"
    both = {"tags": {"add": ["a"], "remove": ["a"]}}
    errors = problem(api.patch(address, json=both), 422, "validation_error")["errors"]
    assert errors[0]["field"] == "body.tags"
    named = {"tags": {"added": ["a"]}}
    errors = problem(api.patch(address, json=named), 422, "validation_error")["errors"]
    assert errors[0]["field"] == "body.tags.added"
    seen = {"If-Match": '"0"'}
    late = api.patch(address, json={"metadata": {"a": 1}}, headers=seen)
    problem(late, 412, "precondition_failed")

    full = [str(n) for n in range(MAX_TAGS)]
    assert api.patch(address, json={"tags": full}).status_code == 200
    problem(api.patch(address, json={"tags": {"add": ["one"]}}), 422, "invalid_labels")
    swap = {"tags": {"add": ["one"], "remove": ["0"]}}
    assert len(api.patch(address, json=swap).json()["tags"]) == MAX_TAGS
    large = {"a": "x" * 40_000}
    assert api.patch(address, json={"metadata": large}).status_code == 200
    more = {"metadata": {"b": large["a"]}}
    problem(api.patch(address, json=more), 422, "invalid_labels")


def test_tags_of_a_filter(
    api: httpx.Client, stored: list[ImageRow], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(**body: Any) -> Any:
        reply = api.post(f"{url}/images/tags", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    versions = [image["job"] for image in api.get(f"{url}/images").json()["items"]]
    done = change(filter=EVEN, add=["x", "even"], remove=["odd"])
    assert done == {"changed": 3, "remaining": 0, "missing": []}
    assert sorted(tags(api, url)) == [["even", "x"]] * 3 + [["odd", "wei\u00df"]] * 3
    assert change(filter=EVEN, add=["x"])["changed"] == 0
    assert change(filter={}, remove=["x", "odd"])["changed"] == 6
    assert sorted(tags(api, url)) == [["even"]] * 3 + [["wei\u00df"]] * 3
    assert [image["job"] for image in api.get(f"{url}/images").json()["items"]] == versions

    monkeypatch.setattr("gateway.services.bulk_tags.MAX_AT_ONCE", 2)
    monkeypatch.setattr("gateway.services.bulk_tags.BATCH", 2)
    assert change(filter={}, add=["all"]) == {"changed": 2, "remaining": 4, "missing": []}
    assert change(filter={}, add=["all"])["remaining"] == 2
    assert change(filter={}, add=["all"]) == {"changed": 2, "remaining": 0, "missing": []}
    assert all("all" in found for found in tags(api, url))


def test_tags_of_a_list_of_ids(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    body = {"ids": [stored[0].id, stored[1].id, NOTHING, stored[0].id], "add": ["x"]}
    done = api.post(f"{url}/images/tags", json=body).json()
    assert done == {"changed": 2, "remaining": 0, "missing": [NOTHING]}
    assert api.get(f"{url}/images", params={"tag": "x"}).json()["items"][1]["tags"][-1] == "x"
    assert len(api.get(f"{url}/images", params={"tag": "x"}).json()["items"]) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"add": ["a"]}, "either filter or ids"),
        ({"add": ["a"], "filter": {}, "ids": [NOTHING]}, "either filter or ids"),
        ({"filter": {}}, "both lists are empty"),
        ({"filter": {}, "add": ["a"], "remove": ["b", "a"]}, "'a' stands in both"),
        ({"filter": {"must": [{"field": "x"}]}, "add": ["a"]}, "body.filter.must.0"),
        ({"ids": [], "add": ["a"]}, "body.ids"),
        ({"ids": [NOTHING] * 1001, "add": ["a"]}, "body.ids"),
        ({"filter": {}, "add": [""]}, "body.add.0"),
    ],
)
def test_refused_changes(api: httpx.Client, url: str, body: dict[str, Any], reason: str) -> None:
    reply = api.post(f"{url}/images/tags", json=body)
    assert reason in problem(reply, 422, "validation_error")["detail"]


def test_changes_that_fail(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    absent = "/api/v2/collections/absent/images/tags"
    problem(api.post(absent, json={"filter": {}, "add": ["a"]}), 404, "collection_not_found")
    full = [str(n) for n in range(MAX_TAGS)]
    api.patch(f"{url}/images/{stored[0].id}", json={"tags": full}).raise_for_status()
    body = problem(
        api.post(f"{url}/images/tags", json={"filter": {}, "add": ["a"]}), 422, "invalid_labels"
    )
    assert stored[0].id in body["detail"]
