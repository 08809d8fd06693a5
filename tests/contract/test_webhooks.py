"""Webhooks over HTTP."""

from typing import Any

import httpx
import pytest

from tests.contract.calls import NOTHING, problem

URL = "/api/v2/webhooks"
SECRET = "sixteen or more of them"


def create(api: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"url": "https://93.184.216.34/hook", "events": ["job.finished"], "secret": SECRET}
    return api.post(URL, json=body | fields)


def test_a_webhook_is_kept_shown_and_forgotten(api: httpx.Client) -> None:
    made = create(api)

    assert made.status_code == 201
    body = made.json()
    assert made.headers["location"] == f"{URL}/{body['id']}"
    assert body.pop("created_at")
    identity = body.pop("id")
    assert body == {
        "url": "https://93.184.216.34/hook",
        "events": ["job.finished"],
        "waiting": 0,
        "delivered": 0,
        "given_up": 0,
        "dropped": 0,
        "failures": 0,
        "next_try": None,
        "last_delivery": None,
    }
    shown, listed = api.get(f"{URL}/{identity}"), api.get(URL)
    assert shown.json() == made.json()
    assert listed.json() == {"items": [made.json()], "next_cursor": None}
    assert api.delete(f"{URL}/{identity}").status_code == 204
    problem(api.get(f"{URL}/{identity}"), 404, "webhook_not_found")
    problem(api.delete(f"{URL}/{identity}"), 404, "webhook_not_found")
    problem(api.get(f"{URL}/none"), 404, "webhook_not_found")
    problem(api.delete(f"{URL}/{NOTHING}"), 404, "webhook_not_found")
    for reply in (made, shown, listed):
        assert SECRET not in reply.text


@pytest.mark.parametrize(
    "fields",
    [
        {"events": []},
        {"events": ["job.begun"]},
        {"secret": "too short"},
        {"secret": None},
        {"url": ""},
        {"more": 1},
    ],
)
def test_what_is_no_webhook_is_refused_without_an_echo(
    api: httpx.Client, fields: dict[str, Any]
) -> None:
    reply = create(api, **fields)

    problem(reply, 422, "validation_error")
    assert SECRET not in reply.text
    assert "too short" not in reply.text


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:6379/", "fetch_forbidden"),
        ("http://localhost/", "fetch_forbidden"),
        ("http://[::1]/", "fetch_forbidden"),
        ("http://169.254.169.254/latest/meta-data", "fetch_forbidden"),
        ("https://user:sesame@93.184.216.34/", "fetch_forbidden"),
        ("file:///etc/passwd", "fetch_forbidden"),
        ("https://:99999/", "fetch_failed"),
    ],
)
def test_an_address_that_may_not_be_reached_is_refused(
    api: httpx.Client, url: str, code: str
) -> None:
    reply = create(api, url=url)

    problem(reply, 422, code)
    assert "sesame" not in reply.text
    assert api.get(URL).json()["items"] == []


def test_there_are_twenty_at_most(api: httpx.Client) -> None:
    for _ in range(20):
        assert create(api).status_code == 201

    problem(create(api), 409, "too_many_webhooks")
    assert len(api.get(URL).json()["items"]) == 20
