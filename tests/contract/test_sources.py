"""Standing sources over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.settings import Settings
from tests.contract.calls import NOTHING, problem

Stored = Sequence[ImageRow]


def add(api: httpx.Client, url: str, path: Path, **fields: Any) -> dict[str, Any]:
    body = {"source": {"kind": "directory", "path": str(path)}, **fields}
    reply = api.post(f"{url}/sources", json=body)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    assert reply.headers["Location"] == f"{url}/sources/{found['id']}"
    return found


def test_a_source_is_kept_changed_and_forgotten(
    api: httpx.Client, stored: Stored, url: str, settings: Settings
) -> None:
    made = add(api, url, settings.image_roots[0], cron="0 3 * * *", sync=True)
    address = f"{url}/sources/{made['id']}"
    assert datetime.fromisoformat(made["next_run"]) > datetime.now(UTC)
    assert (made["sync"], made["watch"], made["paused"]) == (True, False, False)
    assert made["last_job"] is None
    assert api.get(address).json() == made
    assert api.get(f"{url}/sources").json() == {"items": [made], "next_cursor": None}
    paused = api.patch(address, json={"paused": True}).json()
    assert paused == {**made, "paused": True, "next_run": None}
    changed = api.patch(address, json={"paused": False, "cron": "* * * * *", "sync": False}).json()
    assert (changed["cron"], changed["sync"]) == ("* * * * *", False)
    assert changed["next_run"] < made["next_run"]
    without = api.patch(address, json={"cron": None}).json()
    assert (without["cron"], without["next_run"]) == (None, None)
    assert api.delete(address).status_code == 204
    problem(api.get(address), 404, "source_not_found")
    problem(api.delete(address), 404, "source_not_found")


def test_a_change_is_held_to_what_a_source_can_do(
    api: httpx.Client, stored: Stored, url: str, settings: Settings
) -> None:
    (settings.image_roots[0] / "addresses.txt").write_text("https://pictures.example/a.jpg\n")
    body = {"source": {"kind": "urls", "path": "addresses.txt"}, "cron": "0 3 * * *"}
    made = api.post(f"{url}/sources", json=body).json()
    address = f"{url}/sources/{made['id']}"
    for changes in ({"watch": True}, {"sync": True}):
        problem(api.patch(address, json=changes), 422, "validation_error")
    assert api.get(address).json() == made


def test_a_source_is_loaded_now(
    api: httpx.Client, stored: Stored, url: str, settings: Settings
) -> None:
    made = add(api, url, settings.image_roots[0], on_duplicate="skip", paused=True)
    address = f"{url}/sources/{made['id']}"
    job = api.post(f"{address}/jobs")
    assert job.status_code == 202
    assert job.headers["Location"].endswith(job.json()["id"])
    assert job.json()["source"] == made["source"]
    # While it is unfinished, it is the answer.
    assert api.post(f"{address}/jobs").json()["id"] == job.json()["id"]
    assert api.get(address).json()["last_job"] == job.json()["id"]


def test_sources_end_with_their_collection(
    api: httpx.Client, stored: Stored, url: str, settings: Settings, collection: str
) -> None:
    made = add(api, url, settings.image_roots[0])
    assert api.delete(url).status_code == 204
    problem(api.get(f"{url}/sources"), 404, "collection_not_found")
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    assert api.get(f"{url}/sources").json()["items"] == []
    problem(api.get(f"{url}/sources/{made['id']}"), 404, "source_not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_error"),
        ({"source": {"path": "nowhere"}}, "path_not_found"),
        ({"source": {"path": "/etc"}}, "path_outside_roots"),
        ({"source": {"path": "."}, "cron": "every day"}, "validation_error"),
        ({"source": {"path": "."}, "cron": "* * * * * *"}, "validation_error"),
        ({"source": {"path": "."}, "cron": "0 0 31 2 *"}, "validation_error"),
        ({"source": {"kind": "urls", "urls": ["https://a.example"]}}, "validation_error"),
        ({"source": {"kind": "urls", "path": "a.txt"}, "sync": True}, "validation_error"),
        ({"source": {"kind": "urls", "path": "a.txt"}, "watch": True}, "validation_error"),
    ],
)
def test_sources_that_are_refused(
    body: dict[str, Any], code: str, api: httpx.Client, stored: Stored, url: str
) -> None:
    problem(api.post(f"{url}/sources", json=body), 422, code)


@pytest.mark.parametrize("source", [NOTHING, "x", "%00"])
def test_sources_that_are_not_there(
    source: str, api: httpx.Client, stored: Stored, url: str
) -> None:
    for reply in (
        api.get(f"{url}/sources/{source}"),
        api.patch(f"{url}/sources/{source}", json={"paused": True}),
        api.delete(f"{url}/sources/{source}"),
        api.post(f"{url}/sources/{source}/jobs"),
    ):
        problem(reply, 404, "source_not_found")
