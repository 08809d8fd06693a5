"""Ways in by signed addresses and by sessions, and while Redis is away."""

import pytest

from gateway.http import signatures
from shared.settings import Settings
from tests.keyed import ADMINISTRATOR, IMAGE, NOW, KeyedApp, let_in, refused

MINE, FOREIGN = "/api/v2/collections/photos", "/api/v2/collections/private"


@pytest.fixture
def app(base_settings: Settings) -> KeyedApp:
    return KeyedApp(base_settings)


def sign_in(app: KeyedApp, key: str) -> dict[str, str]:
    reply = app.call("POST", "/api/v2/session", json={"api_key": key})
    assert reply.status_code == 204, reply.text
    return {"Cookie": reply.headers["set-cookie"].partition(";")[0]}


def signed(collection: str, image: str, now: float = NOW) -> str:
    return signatures.signed_query(b"a secret", collection, image, now)


def test_signature_of_another_image(app: KeyedApp) -> None:
    own = signed("photos", IMAGE)
    for part in ("content", "thumbnail"):
        assert let_in(app.call("GET", f"{MINE}/images/{IMAGE}/{part}?v=1&{own}"))
        other = app.call("GET", f"{MINE}/images/{'f' * 32}/{part}?{own}")
        refused(other, 401, "unauthorized")
        refused(app.call("GET", f"{FOREIGN}/images/{IMAGE}/{part}?{own}"), 401, "unauthorized")
    for path in (f"{MINE}/images/{IMAGE}", f"{MINE}/images/{IMAGE}/similar", MINE, "/metrics"):
        refused(app.call("GET", f"{path}?{own}"), 401, "unauthorized")
    refused(app.call("DELETE", f"{MINE}/images/{IMAGE}?{own}"), 401, "unauthorized")


def test_changed_expiry(app: KeyedApp) -> None:
    path, own = f"{MINE}/images/{IMAGE}/content", signed("photos", IMAGE)
    expires = own.partition("&")[0].removeprefix("expires=")
    later = own.replace(expires, str(int(expires) + 3600))
    forged = signatures.signed_query(b"another secret", "photos", IMAGE, NOW)
    for query in (
        *(later, forged, f"expires={expires}&{own}", f"{own}&{forged}", own + "x"),
        *(own.replace("expires=", "expires=0"), own.replace("expires=", "expires=+")),
        *(own.partition("&")[0], own.partition("&")[2], "expires=&signature=", "signature=%00"),
    ):
        refused(app.call("GET", f"{path}?{query}"), 401, "unauthorized")
    refused(app.call("GET", f"{path}?{signed('photos', IMAGE, NOW - 86400)}"), 401, "unauthorized")


def test_signature_of_v1(app: KeyedApp) -> None:
    own = signed("photos", IMAGE)
    assert let_in(app.call("GET", f"/data/{IMAGE}.jpg?{own}"))
    for table in ("Table=private", "Table=photos&Table=private"):
        reply = app.call("GET", f"/data/{IMAGE}.jpg?{table}&{own}")
        refused(reply, 401, "unauthorized")
    key = app.key("read")
    refused(app.call("GET", f"/data/{IMAGE}.jpg?Table=private", key), 403, "not_allowed")


def test_cookie_from_another_origin(app: KeyedApp) -> None:
    cookie = sign_in(app, app.key("delete", "read"))
    foreign = {**cookie, "Origin": "https://evil.example"}
    refused(app.call("DELETE", MINE, headers=foreign), 403, "foreign_origin")
    refused(app.call("DELETE", MINE, headers={**cookie, "Origin": "null"}), 403, "foreign_origin")
    assert let_in(app.call("DELETE", MINE, headers={**cookie, "Origin": "http://localhost"}))


def test_session_after_revocation(app: KeyedApp) -> None:
    key = app.key("read")
    cookie = sign_in(app, key)
    assert let_in(app.call("GET", MINE, headers=cookie))
    refused(app.call("GET", FOREIGN, headers=cookie), 403, "not_allowed")
    app.revoke(key)
    refused(app.call("GET", MINE, headers=cookie), 401, "unauthorized")


def test_forged_session(app: KeyedApp) -> None:
    mine, other = app.key("read"), app.key("admin", collections=("*",))
    token = sign_in(app, mine)["Cookie"].partition("=")[2]
    other_id = other.split("_")[1]
    stolen = token.replace(mine.split("_")[1], other_id)
    for value in (stolen, token + "x", f"key-{other_id}", "key-.", "session.1.2", "key-"):
        headers = {"Cookie": f"lookalike_session={value}"}
        refused(app.call("GET", MINE, headers=headers), 401, "unauthorized")


def test_redis_away(app: KeyedApp) -> None:
    key = app.key("admin", collections=("*",))
    cookie = sign_in(app, key)
    app.stored.away = True
    app.ring.forget()
    for headers in ({"X-API-Key": key}, cookie):
        reply = app.call("GET", MINE, headers=headers)
        refused(reply, 503, "redis_unavailable")
        assert int(reply.headers["Retry-After"]) > 0
    refused(app.call("POST", "/api/v2/session", json={"api_key": key}), 503, "redis_unavailable")
    refused(app.call("GET", MINE), 401, "unauthorized")
    assert let_in(app.call("GET", MINE, ADMINISTRATOR))


def test_redis_away_where_only_stored_keys_exist(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    key = app.key("read")
    refused(app.call("GET", MINE), 401, "unauthorized")
    assert let_in(app.call("GET", MINE, key))
    app.stored.away = True
    app.ring.forget()
    for text in (None, key, "any"):
        refused(app.call("GET", MINE, text), 503, "redis_unavailable")


def test_redis_away_before_anything_was_learnt(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    app.stored.away = True
    for path in (MINE, "/api/v2/folders", "/metrics"):
        refused(app.call("GET", path), 503, "redis_unavailable")
