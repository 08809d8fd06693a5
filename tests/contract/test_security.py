"""API keys, session cookies, origins, and security headers."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.server import serving

KEY = "a-long-random-key"


@pytest.fixture
def locked(settings: Settings, redis: RedisClient) -> Iterator[httpx.Client]:
    """A gateway that asks for a key."""
    keys = (SecretStr("another-key"), SecretStr(KEY))
    with serving(settings.model_copy(update={"api_keys": keys})) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/collections",
        "/api/v2/system",
        "/api/v2/nothing",
        "/api/v1/process",
        "/metrics",
        f"/data/{'0' * 32}.jpg",
        f"/api/v2/jobs/{'0' * 32}/events",
    ],
)
def test_the_api_asks_for_a_key(locked: httpx.Client, path: str) -> None:
    reply = locked.get(path)

    problem(reply, 401, "unauthorized")
    assert reply.headers["www-authenticate"] == "Bearer"
    problem(locked.get(path, headers={"X-API-Key": "wrong"}), 401, "unauthorized")
    assert locked.get(path, headers={"X-API-Key": KEY}).status_code != 401


@pytest.mark.parametrize(
    "path",
    [
        "/health/live",
        "/health/ready",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/docs/assets/swagger-ui.css",
        "/",
        "/library",
    ],
)
def test_pages_docs_and_health_do_not(locked: httpx.Client, path: str) -> None:
    assert locked.get(path, headers={"Accept": "text/html"}).status_code in (200, 503)


@pytest.mark.parametrize(
    "headers",
    [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer {KEY}"}],
)
def test_a_key_opens(locked: httpx.Client, headers: dict[str, str]) -> None:
    assert locked.get("/api/v2/system", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ""},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY + "x"},
        {"X-API-Key": "\u00fc".encode("latin-1").decode("latin-1")},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Cookie": f"lookalike_session={KEY}"},
        {"Cookie": "lookalike_session=9999999999.00"},
        {"Cookie": "lookalike_session="},
    ],
)
def test_nothing_else_does(locked: httpx.Client, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    problem(locked.get("/api/v2/system", headers=raw), 401, "unauthorized")


def test_an_unread_body_needs_a_key_too(locked: httpx.Client) -> None:
    reply = locked.post("/api/v2/collections/a/images", files={"files": b"x" * 100_000})

    problem(reply, 401, "unauthorized")


def test_a_session_is_a_cookie_that_scripts_cannot_read(locked: httpx.Client) -> None:
    problem(locked.post("/api/v2/session", json={"api_key": "wrong"}), 401, "unauthorized")

    signed_in = locked.post("/api/v2/session", json={"api_key": KEY})

    assert signed_in.status_code == 204
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert KEY not in cookie
    assert locked.get("/api/v2/system").status_code == 200

    assert locked.delete("/api/v2/session").status_code == 204
    problem(locked.get("/api/v2/system"), 401, "unauthorized")


def test_without_keys_all_is_open(api: httpx.Client) -> None:
    assert api.get("/api/v2/system").status_code == 200
    assert api.post("/api/v2/session", json={"api_key": "any"}).status_code == 204


@pytest.mark.parametrize("path", ["/", "/api/v2/system", "/nothing", "/docs", "/health/live"])
def test_every_answer_carries_the_headers(api: httpx.Client, path: str) -> None:
    headers = api.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("127.0.0.1@evil.example", "evil.example/127.0.0.1", "localhost:x", "2130706433", ""),
    ],
)
def test_a_host_that_is_not_ours_is_refused(api: httpx.Client, host: str) -> None:
    # What a page sends whose name was made to resolve to this machine (DNS rebinding).
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}

    for reply in (
        api.post("/api/v1/train", json={"File": "/"}, headers=headers),
        api.get("/api/v2/system", headers=headers),
        api.get("/", headers=headers),
    ):
        problem(reply, 421, "host_not_allowed")
    assert api.get("/health/live", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:9", "localhost.", "127.0.0.1", "[::1]:8000", "192.168.1.5:8000"],
)
def test_localhost_and_addresses_are_ours(api: httpx.Client, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}

    assert api.post("/api/v1/count", headers=headers).status_code == 200


def test_names_are_allowed_by_setting(settings: Settings, redis: RedisClient) -> None:
    chosen = {
        "allowed_hosts": ("pictures.example", "*.inside.example"),
        "public_url": "https://Photos.example:8443/sub",
    }
    with serving(settings.model_copy(update=chosen)) as api:
        for host, status in {
            "pictures.example:8000": 200,
            "Photos.Example": 200,
            "a.b.inside.example": 200,
            "inside.example": 421,
            "not-inside.example": 421,
            "x.pictures.example": 421,
        }.items():
            assert api.post("/api/v1/count", headers={"Host": host}).status_code == status, host


def test_any_name_is_allowed_by_a_star(settings: Settings, redis: RedisClient) -> None:
    with serving(settings.model_copy(update={"allowed_hosts": ("*",)})) as api:
        assert api.post("/api/v1/count", headers={"Host": "any.example"}).status_code == 200


def test_pages_of_foreign_origins_may_read_nothing_and_write_nothing(api: httpx.Client) -> None:
    foreign = {"Origin": "https://evil.example"}

    problem(api.post("/api/v1/delete", headers=foreign), 403, "foreign_origin")
    problem(
        api.post("/api/v2/collections", json={"name": "a"}, headers=foreign), 403, "foreign_origin"
    )
    assert "access-control-allow-origin" not in api.get("/api/v2/system", headers=foreign).headers


def test_pages_of_our_own_origin_and_programs_may_write(api: httpx.Client) -> None:
    host = f"{api.base_url.host}:{api.base_url.port}"

    for headers in (
        {},
        {"Origin": f"http://{host}"},
        # Behind a proxy that changes the Host header, the browser itself knows.
        {"Origin": "https://photos.example", "Sec-Fetch-Site": "same-origin"},
    ):
        assert api.post("/api/v1/count", headers=headers).status_code == 200


def test_origins_are_allowed_by_setting(settings: Settings, redis: RedisClient) -> None:
    allowed = {"Origin": "https://demo.example"}
    preflight = {
        **allowed,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key",
    }
    keys = (SecretStr(KEY),)
    with serving(
        settings.model_copy(update={"cors_origins": ("https://demo.example",), "api_keys": keys})
    ) as api:
        asked = api.options("/api/v1/search", headers=preflight)
        refused = api.post("/api/v1/count", headers=allowed)
        counted = api.post("/api/v1/count", headers={**allowed, "X-API-Key": KEY})
        foreign = api.post("/api/v1/count", headers={"Origin": "https://x.example"})

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://demo.example"
    # A page must be able to read why it was refused.
    for reply in (refused, counted):
        assert reply.headers["access-control-allow-origin"] == "https://demo.example"
    assert (refused.status_code, counted.status_code) == (401, 200)
    problem(foreign, 403, "foreign_origin")


def test_all_origins_are_allowed_by_a_star(settings: Settings, redis: RedisClient) -> None:
    with serving(settings.model_copy(update={"cors_origins": ("*",)})) as api:
        reply = api.post("/api/v1/count", headers={"Origin": "https://any.example"})

    assert reply.status_code == 200
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("trusted", "secure"), [("127.0.0.1", True), ("127.0.0.0/8", True), ("*", True), ("::1", False)]
)
def test_the_cookie_is_secure_where_a_trusted_proxy_says_https(
    settings: Settings, redis: RedisClient, trusted: str, secure: bool
) -> None:
    chosen = {"trusted_proxies": (trusted,), "api_keys": (SecretStr(KEY),)}
    with serving(settings.model_copy(update=chosen)) as api:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        reply = api.post("/api/v2/session", json={"api_key": KEY}, headers=forwarded)
        direct = api.post("/api/v2/session", json={"api_key": KEY})

    assert ("; Secure" in reply.headers["set-cookie"]) == secure
    assert "; Secure" not in direct.headers["set-cookie"]
