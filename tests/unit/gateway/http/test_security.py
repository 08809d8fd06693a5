"""API keys and sessions."""

import base64
import time

import pytest
from pydantic import SecretStr
from starlette._utils import get_route_path

from gateway.http import security
from gateway.http.security import ApiKeys, route_path


def keys(*values: str) -> ApiKeys:
    return ApiKeys([SecretStr(value) for value in values])


def test_each_key_is_accepted_and_nothing_else() -> None:
    accepted = keys("one", "zw\u00f6lf")

    assert accepted.required
    assert accepted.accepts("one")
    assert accepted.accepts("zw\u00f6lf")
    for wrong in ("", "on", "onee", "ONE", "\udcff"):
        assert not accepted.accepts(wrong)


def test_without_keys_none_is_required_and_none_fits() -> None:
    assert not keys().required
    assert not keys().accepts("")
    assert not keys().accepts_session("1.2")


def test_a_session_ends_with_its_key_and_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    token = keys("one", "two").open_session("two")

    assert keys("two").accepts_session(token)
    assert keys("one", "two").accepts_session(token)
    assert keys("two", "one").accepts_session(token)
    assert not keys("one").accepts_session(token)
    value, signed_at, signature = token.split(".")
    later = base64.urlsafe_b64encode((int(time.time()) + 1).to_bytes(4)).decode().rstrip("=")
    for broken in (
        *("", ".", "..", value, f"{value}.{signed_at}", f"{signed_at}.{signature}"),
        *(f"{value}.{later}.{signature}", f"{value}..{signature}", f"{value}.{signed_at}."),
        *(f"other.{signed_at}.{signature}", f"{token}x", "\udcff", "1.2.3"),
    ):
        assert not keys("two").accepts_session(broken)

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + security.SESSION_SECONDS + 2)
    assert not keys("two").accepts_session(token)


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/api/v2/system", "", "/api/v2/system"),
        ("/sub/api/v2/system", "/sub", "/api/v2/system"),
        ("/sub", "/sub", ""),
        ("/api/v2/system", "/sub", "/api/v2/system"),
        ("/subway/api", "/sub", "/subway/api"),
    ],
)
def test_the_path_is_the_one_that_routes_see(path: str, root: str, expected: str) -> None:
    scope = {"type": "http", "path": path, "root_path": root}

    assert route_path(scope) == expected == get_route_path(scope)
