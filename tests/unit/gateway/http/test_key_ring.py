"""What a gateway knows of keys, and for how long."""

import asyncio
import time
from typing import Any

import pytest
from starlette.datastructures import Headers
from structlog.testing import capture_logs

from gateway.http import key_ring, signatures
from gateway.http.access import ANYBODY
from shared.domain.api_key import id_in, new_text
from shared.settings import Settings
from tests.keyed import ADMINISTRATOR, IMAGE, NOW, KeyedApp, let_in

PHOTOS = "/api/v2/collections/photos"


@pytest.fixture
def app(base_settings: Settings) -> KeyedApp:
    return KeyedApp(base_settings)


def test_a_text_has_the_form_that_is_known() -> None:
    text = new_text("0" * 32)
    assert id_in(text) == "0" * 32
    assert new_text("0" * 32) != text
    for broken in (text[1:], text.upper(), text + "a", text.replace("lk_", "LK_"), text + "\n"):
        assert id_in(broken) is None


def test_what_another_gateway_changed_is_seen_soon(
    app: KeyedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = app.key("read")
    assert let_in(app.call("GET", PHOTOS, key))
    app.stored.held.clear()
    now = asyncio.run(_seconds_until_refused(app, key, monkeypatch))
    assert now <= key_ring.FRESH_SECONDS


async def _seconds_until_refused(app: KeyedApp, key: str, patch: pytest.MonkeyPatch) -> float:
    passed = 0.0
    real = time.monotonic
    patch.setattr(time, "monotonic", lambda: real() + passed)
    while await app.ring.identify(Headers({"x-api-key": key})) is not None:
        passed += 0.1
    return round(passed, 1)


def test_one_read_serves_all_requests_that_wait(app: KeyedApp) -> None:
    key, reads = app.key("read"), []
    read = app.stored.read

    async def slow(*args: Any, **options: Any) -> Any:
        reads.append(args)
        await asyncio.sleep(0.01)
        return await read(*args, **options)

    app.stored.read = slow  # type: ignore[method-assign]

    async def all_at_once() -> None:
        headers = Headers({"x-api-key": key})
        found = await asyncio.gather(*(app.ring.identify(headers) for _ in range(50)))
        assert {who.name for who in found if who} == {"key " + key.split("_")[1][-2:]}

    asyncio.run(all_at_once())
    assert len(reads) == 1


def test_a_redis_that_hangs_is_away(app: KeyedApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring, "_PATIENCE_SECONDS", 0.01)

    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(60)

    app.stored.read = hang  # type: ignore[method-assign]
    reply = app.call("GET", PHOTOS, app.key("read"))
    assert (reply.status_code, reply.json()["code"]) == (503, "redis_unavailable")
    assert let_in(app.call("GET", PHOTOS, ADMINISTRATOR))


def test_what_was_learnt_of_no_keys_holds_while_redis_is_away(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    assert let_in(app.call("GET", PHOTOS))
    app.stored.away = True
    app.ring.forget()
    assert let_in(app.call("GET", PHOTOS))
    assert asyncio.run(app.ring.identify(Headers({}))) == ANYBODY


def test_the_last_use_is_written_once_a_minute(app: KeyedApp) -> None:
    key = app.key("read")
    for _ in range(3):
        app.call("GET", PHOTOS, key)
    (used,) = app.stored.used.values()
    assert used >= NOW
    app.stored.used.clear()
    app.call("GET", PHOTOS, key)
    assert app.stored.used == {}


def test_a_limit_is_the_keys_own(app: KeyedApp) -> None:
    limited, other = app.key("read", rate_per_minute=3), app.key("read", rate_per_minute=3)
    replies = [app.call("GET", PHOTOS, limited) for _ in range(5)]
    assert [let_in(reply) for reply in replies] == [True, True, True, False, False]
    assert (replies[-1].status_code, replies[-1].json()["code"]) == (429, "rate_limited")
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 60
    assert let_in(app.call("GET", PHOTOS, other))


def test_pictures_at_signed_addresses_count_for_no_limit(app: KeyedApp) -> None:
    key = app.key("read", rate_per_minute=1)
    assert let_in(app.call("GET", PHOTOS, key))
    query = signatures.signed_query(b"a secret", "photos", IMAGE, NOW)
    for _ in range(3):
        assert let_in(app.call("GET", f"{PHOTOS}/images/{IMAGE}/thumbnail?{query}", key))


def test_addresses_are_the_same_for_hours_and_end() -> None:
    step = signatures.STEP_SECONDS
    start = NOW // step * step
    first = signatures.signed_query(b"s", "photos", IMAGE, start)
    assert signatures.signed_query(b"s", "photos", IMAGE, start + step - 1) == first
    assert signatures.signed_query(b"s", "photos", IMAGE, start + step) != first
    left = [signatures.seconds_left(b"s", "photos", IMAGE, first, start + t) for t in (0, step - 1)]
    assert left == [2 * step, step + 1]
    assert signatures.seconds_left(b"s", "photos", IMAGE, first, start + 2 * step) <= 0


def test_the_audit_log_says_who_did_what_and_no_secret(app: KeyedApp) -> None:
    key = app.key("delete")
    with capture_logs() as lines:
        app.call("DELETE", PHOTOS, key)
        app.call("DELETE", "/api/v2/collections/private", key)
        app.call("GET", PHOTOS, "lk_wrong")
        app.call("GET", PHOTOS, ADMINISTRATOR)
    said = [line for line in lines if line["event"].startswith("access_")]
    key_id = key.split("_")[1]
    assert [(s["event"], s["key"], s["operation"], s["status"]) for s in said] == [
        ("access_granted", key_id, "delete_collection", 418),
        ("access_refused", key_id, "delete_collection", 403),
        ("access_refused", None, "get_collection", 401),
        ("access_granted", "setting-1", "get_collection", 418),
    ]
    assert [line["log_level"] for line in said] == ["info", "info", "info", "debug"]
    assert said[1]["collection"] == "private"
    assert said[1]["code"] == "not_allowed"
    assert said[0]["key_name"] == f"key {key_id[-2:]}"
    assert not any(text in str(lines) for text in (key, ADMINISTRATOR, key.split("_", 2)[2]))


def test_nothing_is_audited_where_all_is_open(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    with capture_logs() as lines:
        app.call("DELETE", PHOTOS)
    assert [line for line in lines if line["event"].startswith("access_")] == []


def test_stored_keys_that_cannot_be_read_keep_all_closed(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    app.stored.unreadable = True
    for text in (None, "any", new_text("0" * 32)):
        assert app.call("GET", PHOTOS, text).status_code == 401
    session = app.call("POST", "/api/v2/session", json={"api_key": "any"})
    assert session.status_code == 401
    app.stored.away = True
    app.ring.forget()
    assert app.call("GET", PHOTOS).status_code == 503
