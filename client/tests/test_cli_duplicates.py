"""`duplicates`, `calibration` and `facets`: what is asked for, and what is shown."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

HERE = "/api/v2/collections/photos"
GROUP = f"{HERE}/duplicates/g1"
Command = Callable[..., int]
Shown = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _answers(server: Any, job: dict[str, Any], image: dict[str, Any]) -> None:
    copy = {**image, "id": "8" * 32, "uri": "file:///photos/copy.jpg"}
    group = {
        "id": "g1",
        "grade": "copy",
        "match": 0.98765,
        "size": 2,
        "images": [image, copy],
        "suggested_keep": image["id"],
    }
    computed = {
        "job": job["id"],
        "computed_at": "2026-01-01T00:00:00Z",
        "images": 9,
        "identical_only": False,
        "copy_match": 0.9,
        "similar_match": 0.5,
    }
    groups = {"items": [group], "next_cursor": None, "count": 1, "computed": computed}
    server.on("GET", f"{HERE}/duplicates", httpx.Response(200, json=groups))
    server.on("POST", f"{HERE}/duplicates", httpx.Response(202, json=job))
    server.on("POST", f"{GROUP}/dismiss", httpx.Response(204))
    report = {"uri": copy["uri"], "grade": "copy", "match": 0.95, "image": copy, "of": image}
    forgotten = {**report, "of": None}
    page = {"items": [report, forgotten], "next_cursor": None, "count": 2}
    server.on("GET", f"/api/v2/jobs/{job['id']}/duplicates", httpx.Response(200, json=page))
    thresholds = [
        {"false_match_rate": 0.01, "score": 0.5, "match": 0.25, "pairs_above": 1234},
        {"false_match_rate": 1e-6, "score": None, "match": None, "pairs_above": None},
    ]
    calibration = {
        "job": job["id"],
        "encoder": "e",
        "computed_at": "2026-01-01T00:00:00Z",
        "images": 100,
        "collection_images": 100,
        "pairs": 4950,
        "identical": 0,
        "copies": 0,
        "copy_score": 0.9,
        "thresholds": thresholds,
    }
    server.on("GET", f"{HERE}/calibration", httpx.Response(200, json=calibration))
    server.on("POST", f"{HERE}/calibration", httpx.Response(202, json=job))
    values = [{"value": "summer", "count": 1200}, {"value": True, "count": 1}]
    facets = {"field": "tags", "items": values, "looked_at": 1201, "complete": False}
    server.on("GET", f"{HERE}/facets", httpx.Response(200, json=facets))


def test_groups_are_listed(command: Command, server: Any, capsys: Shown) -> None:
    assert command("duplicates", "--grade", "copy", "--min-match", "0.9", "--limit", "5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:4] == ["g1", "copy", "0.988", "keep"]
    assert "keep" not in lines[2]
    assert "/photos/copy.jpg" in lines[2]
    (request,) = server.requests
    assert dict(request.url.params) == {"grade": "copy", "min_match": "0.9", "limit": "5"}


def test_groups_as_json(command: Command, capsys: Shown) -> None:
    assert command("duplicates", "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["id"] == "g1"


def test_duplicates_are_looked_for(command: Command, server: Any, job: dict[str, Any]) -> None:
    server.on(
        "GET",
        f"/api/v2/jobs/{job['id']}",
        httpx.Response(200, json={**job, "status": "done", "finished": True}),
    )
    server.on("GET", f"/api/v2/jobs/{job['id']}/events", httpx.Response(204))
    assert command("duplicates", "find") == 0
    assert command("duplicates", "find", "--min-match", "0.8", "--json") == 0
    assert server.bodies[-1] == {"min_match": 0.8}
    assert server.bodies[:-1] in ([], [{}])


def test_a_group_is_dismissed(command: Command, server: Any, capsys: Shown) -> None:
    assert command("duplicates", "dismiss", "g1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"dismissed": "g1"}
    assert command("duplicates", "dismiss", "g1") == 0


def test_a_group_is_resolved_until_nothing_is_left(
    command: Command, server: Any, capsys: Shown
) -> None:
    replies = [{"deleted": 1000, "left": 5}, {"deleted": 5, "left": 0}]
    server.on("POST", f"{GROUP}/resolve", *(httpx.Response(200, json=each) for each in replies))
    assert command("duplicates", "resolve", "g1", "--keep", "1", "--keep", "2", "--yes") == 0
    assert server.bodies == [{"keep": ["1", "2"]}] * 2
    assert "1,005 forgotten" in capsys.readouterr().out


def test_nothing_is_forgotten_unasked(command: Command, server: Any) -> None:
    assert command("duplicates", "resolve", "g1", "--keep", "1") == 1
    assert command("duplicates", "resolve", "g1", "--yes") == 2
    assert server.requests == []


def test_what_a_load_duplicated(command: Command, job: dict[str, Any], capsys: Shown) -> None:
    assert command("duplicates", "report", job["id"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "/photos/a b.jpg" in lines[1]
    assert "(forgotten)" in lines[2]
    assert command("duplicates", "report", job["id"], "--limit", "1", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_thresholds_are_shown_and_computed(command: Command, capsys: Shown) -> None:
    assert command("calibration") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split() == ["0.01", "0.5000", "0.2500", "1,234"]
    assert shown.out.splitlines()[2].split() == ["1e-06"]
    assert "4,950 pairs" in shown.err
    assert command("calibration", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 4950
    assert command("calibration", "start") == 0
    assert command("calibration", "start", "--json") == 0


def test_values_of_a_field(command: Command, server: Any, capsys: Shown) -> None:
    assert command("facets", "tags", "--prefix", "s", "--limit", "7") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split() == ["summer", "1,200"]
    assert "1,201" in shown.err
    assert dict(server.requests[0].url.params) == {"field": "tags", "prefix": "s", "limit": "7"}
    assert command("facets", "--json") == 0
    assert json.loads(capsys.readouterr().out)["items"][1]["value"] is True


@pytest.mark.parametrize("asked", [("duplicates",), ("calibration",), ("facets",)])
def test_what_is_not_there(
    asked: tuple[str, ...], command: Command, server: Any, problem: Any, capsys: Shown
) -> None:
    server.on("GET", f"{HERE}/{asked[0]}", problem(404, "collection_not_found"))
    assert command(*asked) == 3
    assert "Told of collection_not_found." in capsys.readouterr().err
