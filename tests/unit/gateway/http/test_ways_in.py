"""Ways in that were tried with keys: docs/security.md says what each got, and names these tests."""

import hmac
from typing import Any

import pytest

from shared.settings import Settings
from tests.keyed import (
    ADMINISTRATOR,
    ALIAS,
    FOREIGN_JOB,
    IMAGE,
    JOB,
    NOW,
    KeyedApp,
    let_in,
    refused,
)

MINE, FOREIGN = "/api/v2/collections/photos", "/api/v2/collections/private"


@pytest.fixture
def app(base_settings: Settings) -> KeyedApp:
    return KeyedApp(base_settings)


def test_key_in_the_address(app: KeyedApp) -> None:
    for name in ("api_key", "key", "X-API-Key", "access_token", "Authorization"):
        refused(app.call("GET", MINE, params={name: ADMINISTRATOR}), 401, "unauthorized")


def test_expired_key(app: KeyedApp) -> None:
    key = app.key("read", expires_at=NOW + 10)
    assert let_in(app.call("GET", MINE, key))
    app.stored.now = NOW + 10
    app.ring.forget()
    refused(app.call("GET", MINE, key), 401, "unauthorized")
    refused(app.call("POST", "/api/v2/session", json={"api_key": key}), 401, "unauthorized")


def test_revoked_key(app: KeyedApp) -> None:
    key = app.key("admin", collections=("*",))
    assert let_in(app.call("GET", MINE, key))
    app.revoke(key)
    refused(app.call("GET", MINE, key), 401, "unauthorized")


def test_guessed_secret(app: KeyedApp) -> None:
    key, other = app.key("read"), app.key("read", collections=("private",))
    _, key_id, secret = key.split("_", 2)
    _, other_id, other_secret = other.split("_", 2)
    for text in (
        *(f"lk_{key_id}_{other_secret}", f"lk_{other_id}_{secret}", f"lk_{'0' * 32}_{secret}"),
        *(key[:-1], key + "x", key.upper(), key_id, secret, "", "lk__", "lk_" + "0" * 32 + "_"),
        app.stored.held[key_id].digest,
    ):
        refused(app.call("GET", MINE, text), 401, "unauthorized")


def test_collection_in_the_body(app: KeyedApp) -> None:
    key = app.key("write", "read")
    reply = app.call("POST", "/api/v2/collections", key, json={"name": "private"})
    refused(reply, 403, "not_allowed")
    assert let_in(app.call("POST", "/api/v2/collections", key, json={"name": "photos"}))


@pytest.mark.parametrize("call", ["train", "count", "search", "delete"])
def test_v1_table(app: KeyedApp, call: str) -> None:
    key = app.key("read", "write", "delete")
    picture = {"files": {"file": b"picture"}} if call == "search" else {}
    body: dict[str, Any] = {"File": "/photos"} if call == "train" else {}
    path = f"/api/v1/{call}"
    replies = [
        app.call("POST", path, key, params={"Table": "private", **body}, **picture),
        app.call("POST", path, key, data={"Table": "private", **body}, **picture),
        # The body counts, whatever the address says.
        app.call("POST", f"{path}?Table=photos", key, data={"Table": "private", **body}, **picture),
    ]
    if not picture:
        replies.append(app.call("POST", path, key, json={"Table": "private", **body}))
    for reply in replies:
        refused(reply, 403, "not_allowed")
    assert let_in(app.call("POST", path, key, params={"Table": "photos", **body}, **picture))


def test_job_of_another_collection(app: KeyedApp) -> None:
    key = app.key("read", "write", "delete")
    for method, part in (
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/failures"),
        ("POST", "/cancel"),
    ):
        reply = app.call(method, f"/api/v2/jobs/{FOREIGN_JOB}{part}", key)
        refused(reply, 403, "not_allowed")
        assert "private" not in reply.text
    for path in (f"/api/v2/jobs?collection={ALIAS}", f"/api/v2/events?collection={ALIAS}"):
        reply = app.call("GET", path, app.key("read", collections=(ALIAS,)))
        refused(reply, 403, "not_allowed")
        assert "private" not in reply.text
    refused(app.call("GET", "/api/v2/jobs?collection=private", key), 403, "not_allowed")
    assert let_in(app.call("POST", f"/api/v2/jobs/{JOB}/cancel", key))


def test_encoded_paths(app: KeyedApp) -> None:
    key = app.key("read")
    for path in ("/api/v2/collections/%70rivate", "/api%2Fv2%2Fcollections%2Fprivate"):
        refused(app.call("GET", path, key), 403, "not_allowed")
        refused(app.call("GET", path), 401, "unauthorized")
    for path in (
        *(f"{FOREIGN}/", f"{MINE}/../private", f"{MINE}/..%2fprivate", f"{MINE}%00/images"),
        *("//api/v2/collections/private", "/API/v2/collections/private", "/./api/v2/collections"),
    ):
        reply = app.call("GET", path, key)
        assert reply.status_code in (403, 404), (path, reply.text)


def test_patterns(app: KeyedApp) -> None:
    key = app.key("read", collections=("photos*", "a*z"))
    for name in ("photos", "photos_2024", "az", "abcz"):
        assert let_in(app.call("GET", f"/api/v2/collections/{name}", key)), name
    for name in ("my_photos", "Photos", "photo", "za", "azb"):
        refused(app.call("GET", f"/api/v2/collections/{name}", key), 403, "not_allowed")


@pytest.mark.parametrize("pattern", ["[a-z]", "photos|private", ".*", "photos?", "", "a b", "p\n"])
def test_a_pattern_has_a_star_and_nothing_else(app: KeyedApp, pattern: str) -> None:
    body = {"name": "a", "actions": ["read"], "collections": [pattern]}
    refused(app.call("POST", "/api/v2/keys", ADMINISTRATOR, json=body), 422, "validation_error")


def test_host_header(app: KeyedApp) -> None:
    reply = app.call("GET", MINE, ADMINISTRATOR, headers={"Host": "evil.example"})
    refused(reply, 421, "host_not_allowed")


def test_timing(app: KeyedApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text of the form of a key costs the same comparisons, known or not."""
    key = app.key("read")
    compared: list[int] = []
    compare = hmac.compare_digest

    def counting(left: Any, right: Any) -> bool:
        compared.append(len(left))
        return compare(left, right)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    seen = set()
    for text in (key, key[:-4] + "AAAA", f"lk_{'0' * 32}_{key[36:]}"):
        compared.clear()
        app.call("GET", MINE, text)
        seen.add(tuple(compared))
    assert len(seen) == 1
    assert seen.pop().count(64) == 1


def test_duplicated_headers(app: KeyedApp) -> None:
    key, other = app.key("read"), app.key("read", collections=("private",))
    for name, first, second in (
        ("X-API-Key", key, other),
        ("X-API-Key", ADMINISTRATOR, key),
        ("Authorization", f"Bearer {key}", f"Bearer {other}"),
    ):
        pairs = [(name, first), (name, second)]
        reply = app.send("GET", MINE, pairs)
        refused(reply, 401, "unauthorized")
    # Two headers of two kinds are two keys, of which the first that is known counts.
    both = app.send("GET", FOREIGN, [("X-API-Key", key), ("Authorization", f"Bearer {other}")])
    refused(both, 403, "not_allowed")


def test_other_methods(app: KeyedApp) -> None:
    key = app.key("read", collections=("private",))
    content = f"{MINE}/images/{IMAGE}/content"
    assert app.call("HEAD", content).status_code == 401
    assert app.call("HEAD", content, key).status_code == 403
    assert app.call("OPTIONS", content).status_code == 401
    for method in ("OPTIONS", "PUT", "TRACE", "PATCH"):
        assert app.call(method, content, key).status_code in (403, 405)
    override = {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": FOREIGN}
    refused(app.call("GET", MINE, key, headers=override), 403, "not_allowed")


def test_administrator_of_some_collections(app: KeyedApp) -> None:
    body = {"name": "more", "actions": ["admin"], "collections": ["*"]}
    some = app.key("admin", collections=("photos", "p*"))
    refused(app.call("POST", "/api/v2/keys", some, json=body), 403, "not_allowed")
    refused(app.call("GET", "/api/v2/keys", some), 403, "not_allowed")
    refused(app.call("GET", "/metrics", some), 403, "not_allowed")
    assert let_in(app.call("POST", "/api/v2/keys", app.key("admin", collections=("*",)), json=body))


def test_name_that_writes_into_the_log(app: KeyedApp) -> None:
    for name in ("a\nb", "a\x1b[31m", " ", "x" * 101):
        body = {"name": name, "actions": ["read"], "collections": ["*"]}
        reply = app.call("POST", "/api/v2/keys", ADMINISTRATOR, json=body)
        refused(reply, 422, "validation_error")


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://a]", "http://[x]"])
def test_malformed_origin(app: KeyedApp, origin: str) -> None:
    reply = app.call("POST", "/api/v2/session", headers={"Origin": origin}, json={"api_key": "a"})
    refused(reply, 403, "foreign_origin")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_alias_of_another_collection(app: KeyedApp, method: str) -> None:
    body = {"json": {"description": "Mine."}} if method == "PATCH" else {}
    path = f"/api/v2/collections/{ALIAS}"
    key = app.key("read", "write", "delete", collections=("photos*",))
    reply = app.call(method, path, key, **body)
    refused(reply, 403, "not_allowed")
    assert "private" not in reply.text
    both = app.key("read", "write", "delete", collections=("photos*", "private"))
    assert let_in(app.call(method, path, both, **body))
