"""Jobs that are watched: what is told, exit codes, Ctrl-C."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import typer
from rich.console import Console

from lookalike_client import Client
from lookalike_client.cli import watching
from lookalike_client.cli.session import Session
from lookalike_client.models import Job


def events(server: Any, job: dict[str, Any], *failures: str, **end: Any) -> dict[str, Any]:
    """Let a job run, fail with these files, and end."""
    ended = {
        **job,
        "status": "done",
        "finished": True,
        "started_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:02Z",
        **end,
    }
    told = [("progress", {**job, "status": "running", "total": 5, "done": 1})]
    told += [
        ("failure", {"uri": f"file:///{name}", "code": "truncated", "reason": "It ends early."})
        for name in failures
    ]
    for _, data in told[1:]:
        data |= {"attempts": 1, "name": "x", "source_url": None}
    told.append(("end", ended))
    text = "".join(f"event: {name}\nid: 1\ndata: {json.dumps(data)}\n\n" for name, data in told)
    server.on("GET", f"/api/v2/jobs/{job['id']}/events", httpx.Response(200, text=text))
    return ended


def test_a_watched_load_ends_with_its_counts(
    command: Callable[..., int],
    server: Any,
    queued: str,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    events(server, job, indexed=4, done=5, total=5, unchanged=1)

    assert command("load", "/a", "--watch") == 0
    out, err = capsys.readouterr()
    assert out == "done: 4 indexed, 1 unchanged, in 2.0 s, 2.0 images/s\n"
    assert err == ""


@pytest.mark.parametrize(
    ("end", "code", "line"),
    [
        ({"failed": 2, "indexed": 3}, 6, "why: lookalike failures"),
        (
            {"status": "failed", "error": {"code": "mass_removal", "detail": "Too many."}},
            7,
            "mass_removal: Too many.",
        ),
        ({"status": "cancelled"}, 7, ""),
    ],
)
def test_exit_codes_of_jobs(
    command: Callable[..., int],
    server: Any,
    queued: str,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    end: dict[str, Any],
    code: int,
    line: str,
) -> None:
    events(server, job, **end)

    assert command("load", "/a", "--watch") == code
    assert line in capsys.readouterr().err


def test_json_is_the_job_alone(
    command: Callable[..., int],
    server: Any,
    queued: str,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = events(server, job, "a.jpg", failed=1)

    assert command("load", "/a", "--watch", "--json") == 6
    assert Job.model_validate_json(capsys.readouterr().out) == Job.model_validate(ended)
    assert command("load", "/a", "--json") == 0
    assert Job.model_validate_json(capsys.readouterr().out) == Job.model_validate(job)


def test_failures_are_named_as_they_happen(
    client: Client, server: Any, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    events(server, job, *"abcdefg", failed=7)
    err = io.StringIO()
    session = Session(err=Console(file=err, force_terminal=True, width=200), out=Console(file=err))

    watching.watch(session, client, Job.model_validate(job), as_json=False)

    assert err.getvalue().count("It ends early. (truncated)") == 5


@pytest.mark.parametrize(
    ("answers", "code", "requests"),
    [
        (["leave"], 130, 1),
        (["cancel"], 7, 2),
        (["watch"], 0, 2),
    ],
)
def test_ctrl_c_asks(
    client: Client,
    server: Any,
    job: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    answers: list[str],
    code: int,
    requests: int,
) -> None:
    events(server, job)
    path = f"/api/v2/jobs/{job['id']}"
    (stream,) = server.answers["GET", f"{path}/events"]
    server.on("GET", f"{path}/events", KeyboardInterrupt(), stream)
    server.on("POST", f"{path}/cancel", httpx.Response(200, json={**job, "status": "cancelled"}))
    session = Session()
    monkeypatch.setattr(Session, "is_interactive", property(lambda _: True))
    monkeypatch.setattr("rich.prompt.Prompt.ask", lambda *_, **__: answers.pop(0))

    assert _watched(session, client, job) == code
    assert len(server.requests) == requests


def test_ctrl_c_leaves_the_job_running_where_nobody_can_be_asked(
    client: Client, server: Any, job: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", f"/api/v2/jobs/{job['id']}/events", KeyboardInterrupt())

    assert _watched(Session(), client, job) == 130
    assert f"lookalike jobs watch {job['id']}" in capsys.readouterr().err
    assert [request.method for request in server.requests] == ["GET"]


def _watched(session: Session, client: Client, job: dict[str, Any]) -> int:
    try:
        return watching.watch(session, client, Job.model_validate(job), as_json=False)
    except typer.Exit as ended:
        return ended.exit_code
