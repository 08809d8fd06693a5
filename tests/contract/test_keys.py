"""Stored keys over HTTP, with a real Redis and a real store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import NOTHING, load, png, problem
from tests.contract.job_streams import Load, read
from tests.contract.server import serving
from tests.services import wait_until

ADMINISTRATOR = "a-long-random-key"
KEYS = "/api/v2/keys"


def locked(settings: Settings) -> Settings:
    return settings.model_copy(update={"api_keys": (SecretStr(ADMINISTRATOR),)})


@pytest.fixture
def api(settings: Settings, redis: RedisClient) -> Iterator[httpx.Client]:
    """A gateway with keys, and its administrator."""
    with serving(locked(settings)) as client:
        client.headers["X-API-Key"] = ADMINISTRATOR
        yield client


def make(api: httpx.Client, *actions: str, collections: str = "*", **fields: Any) -> dict[str, Any]:
    body = {"name": "a key", "actions": list(actions), "collections": [collections], **fields}
    reply = api.post(KEYS, json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


def by(key: dict[str, Any]) -> dict[str, str]:
    return {"X-API-Key": key["key"]}


def test_a_key_is_shown_once_used_and_revoked(api: httpx.Client) -> None:
    body = {"name": " shop ", "actions": ["read", "read"], "collections": ["a*", "b"]}
    reply = api.post(KEYS, json={**body, "expires_at": "2099-01-01T01:00:00+01:00"})
    made = reply.json()
    assert reply.headers["Location"] == f"{KEYS}/{made['id']}"
    assert reply.headers["Cache-Control"] == "no-store"
    assert (made["name"], made["actions"], made["collections"]) == ("shop", ["read"], ["a*", "b"])
    assert (made["expires_at"], made["last_used_at"]) == ("2099-01-01T00:00:00Z", None)
    assert api.get("/api/v2/collections", headers=by(made)).json()["items"] == []

    (listed,) = api.get(KEYS).json()["items"]
    assert listed.pop("last_used_at") is not None
    assert listed == {n: v for n, v in made.items() if n not in ("key", "last_used_at")}
    assert listed["created_by"] == "administrator 1"

    assert api.delete(f"{KEYS}/{made['id']}").status_code == 204
    problem(api.get("/api/v2/collections", headers=by(made)), 401, "unauthorized")
    problem(api.delete(f"{KEYS}/{made['id']}"), 404, "key_not_found")
    problem(api.delete(f"{KEYS}/no-id"), 404, "key_not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"actions": []}, {"actions": ["all"]}, {"collections": []}, {"rate_per_minute": 0}),
        *({"name": ""}, {"expires_at": "2099-01-01T00:00:00"}, {"secret": "mine"}),
    ],
)
def test_what_is_no_key_is_not_made(api: httpx.Client, wrong: dict[str, Any]) -> None:
    body = {"name": "a", "actions": ["read"], "collections": ["*"], **wrong}
    problem(api.post(KEYS, json=body), 422, "validation_error")
    assert api.get(KEYS).json()["items"] == []


def test_a_key_that_has_ended_is_not_made(api: httpx.Client) -> None:
    body = {"name": "a", "actions": ["read"], "collections": ["*"]}
    body |= {"expires_at": "2020-01-01T00:00:00Z"}
    problem(api.post(KEYS, json=body), 422, "already_expired")


def test_no_key_is_in_redis(api: httpx.Client, redis: RedisClient) -> None:
    made = make(api, "read", rate_per_minute=5)
    api.get("/api/v2/collections", headers=by(made))
    assert api.post("/api/v2/session", json={"api_key": made["key"]}).status_code == 204
    dumped = b"".join(redis.dump(name) or b"" for name in redis.scan_iter())
    secret = made["key"].split("_", 2)[2].encode()
    assert made["id"].encode() in dumped
    assert secret not in dumped
    assert ADMINISTRATOR.encode() not in dumped


def test_lists_hold_what_a_key_may_read(
    api: httpx.Client, encoder_seen: None, collection: str, pictures_root: Path
) -> None:
    names = [f"{collection}_a", f"{collection}_b"]
    jobs = {name: [load(api, name, pictures_root).json()["id"] for _ in "12"] for name in names}
    key = by(make(api, "read", collections=f"{collection}_b*"))
    listed = api.get("/api/v2/collections", headers=key).json()["items"]
    assert [item["name"] for item in listed] == names[1:]
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/api/v2/jobs?limit=1&cursor={cursor}", headers=key).json()
        found += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
    assert found == jobs[names[1]][::-1]
    assert len(api.get("/api/v2/jobs").json()["items"]) == 4
    problem(api.get(f"/api/v2/jobs/{jobs[names[0]][0]}", headers=key), 403, "not_allowed")
    assert api.get("/api/v2/system", headers=key).json()["image_roots"] == []
    assert api.get("/api/v2/system").json()["image_roots"] == [str(pictures_root)]
    other = by(make(api, "read", collections="nothing"))
    assert api.get("/api/v1/process", headers=other).text == "current: 0, total: 0"


def test_a_limit_counts_in_all_gateways(api: httpx.Client, settings: Settings) -> None:
    key = by(make(api, "read", rate_per_minute=4))
    with serving(locked(settings)) as second:
        clients = [api, second] * 3
        statuses = [
            client.get("/api/v2/collections", headers=key).status_code for client in clients
        ]
        refused = second.get("/api/v2/collections", headers=key)
    assert statuses == [200] * 4 + [429] * 2
    problem(refused, 429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert api.get("/api/v2/collections").status_code == 200


def test_revoked_in_another_gateway(api: httpx.Client, settings: Settings) -> None:
    made = make(api, "read")
    with serving(locked(settings)) as second:
        assert second.get("/api/v2/collections", headers=by(made)).status_code == 200
        api.delete(f"{KEYS}/{made['id']}")
        wait_until(
            lambda: second.get("/api/v2/collections", headers=by(made)).status_code == 401,
            10,
            "a refusal",
        )


def test_pictures_load_without_a_header(
    api: httpx.Client, stored: list[ImageRow], picture: bytes, collection: str, url: str
) -> None:
    key = by(make(api, "read", collections=collection))
    image = api.get(f"{url}/images/{stored[0].id}", headers=key).json()
    again = api.get(f"{url}/images", headers=key).json()["items"]
    assert image["content_url"] in {item["content_url"] for item in again}
    files = {"file": picture}
    ((article, _),) = api.post("/api/v1/search", files=files, headers=key).json()
    with httpx.Client(base_url=api.base_url) as anybody:
        content = anybody.get(image["content_url"])
        small = anybody.get(f"{image['thumbnail_url']}&size=64")
        assert content.content == anybody.get(article).content == picture
        assert small.headers["content-type"] == "image/webp"
        for reply in (content, small):
            private, age = reply.headers["Cache-Control"].split(", max-age=")
            assert private == "private"
            assert 0 < int(age) <= 6 * 3600
        other = image["content_url"].replace(stored[0].id, stored[1].id)
        problem(anybody.get(other), 401, "unauthorized")
        problem(anybody.get(image["content_url"].partition("?")[0]), 401, "unauthorized")


def test_examples_of_another_collection(
    api: httpx.Client, stored: list[ImageRow], collection: str
) -> None:
    own = f"{collection}_own"
    api.post("/api/v2/collections", json={"name": own}).raise_for_status()
    key = by(make(api, "read", collections=own))
    foreign = {"positive": [{"image": stored[0].id}]}
    base = f"/api/v2/collections/{own}"
    problem(api.post(f"{base}/query", json=foreign, headers=key), 404, "image_not_found")
    cropped = {
        "positive": [{"image": stored[0].id, "crop": {"x": 0, "y": 0, "width": 0.5, "height": 1}}]
    }
    queries = [foreign, cropped, {"positive": [{"vector": [1.0] * 512}]}]
    reply = api.post(f"{base}/query/batch", json={"queries": queries}, headers=key).json()
    codes = [result.get("error", {}).get("code") for result in reply["results"]]
    assert codes == ["image_not_found", "image_not_found", None]
    similar = api.get(f"{base}/images/{stored[0].id}/similar", headers=key)
    problem(similar, 404, "image_not_found")
    assert api.get(f"/data/{stored[0].id}.png", headers=key).status_code == 404
    problem(api.get(f"/api/v2/collections/{collection}", headers=key), 403, "not_allowed")


def test_event_stream_after_revocation(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    collection: str,
    pictures_root: Path,
) -> None:
    running = Load(redis, load(api, collection, pictures_root).json()["id"])
    made = make(api, "read", collections=collection)
    with api.stream("GET", running.url, headers=by(made)) as reply:
        events = read(reply)
        assert next(events).event == "progress"
        running.add(fails=False)
        assert next(events).data["indexed"] == 1
        api.delete(f"{KEYS}/{made['id']}")
        running.add(fails=False)
        running.end()
        assert [event.event for event in events] == []
    problem(api.get(running.url, headers=by(made)), 401, "unauthorized")
    assert api.get(f"/api/v2/jobs/{running.id}").json()["indexed"] == 2


def test_idempotency_key_of_another_key(
    api: httpx.Client,
    stored: list[ImageRow],
    collection: str,
    url: str,
    pictures_root: Path,
) -> None:
    """All three calls take one; each sender has keys of its own."""
    other = by(make(api, "read", "write", collections=collection))
    source = {"source": {"kind": "directory", "path": str(pictures_root)}}
    query = {"positive": [{"image": stored[0].id}], "top_k": 2}
    once = {"Idempotency-Key": "one"}
    for part, sent in (
        ("jobs", {"json": source}),
        ("images", {"files": {"files": ("new.png", png(70))}}),
        ("query", {"json": query}),
    ):
        first, second = (api.post(f"{url}/{part}", headers=once, **sent) for _ in range(2))
        assert first.status_code == second.status_code, second.text
        assert second.headers["Idempotency-Replayed"] == "true"
        assert first.content == second.content
        assert first.headers.get("Location") == second.headers.get("Location")
        third = api.post(f"{url}/{part}", headers={**once, **other}, **sent)
        assert third.status_code == first.status_code
        assert "Idempotency-Replayed" not in third.headers
        if part != "query":
            assert third.json()["id"] != first.json()["id"]
    changed = api.post(f"{url}/query", headers=once, json={**query, "top_k": 3})
    problem(changed, 422, "idempotency_key_reused")
    problem(
        api.post(f"{url}/jobs", headers=once, json={"source": {}}), 422, "idempotency_key_reused"
    )
    assert api.get(f"/api/v2/jobs/{NOTHING}").status_code == 404
