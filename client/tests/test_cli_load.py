"""`load`: the kind of a source, what is sent, wrong usage."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike_client.cli.source_kinds import kind_of


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ("/photos", "directory"),
        ("photos.2024", "directory"),
        ("/a.zip", "archive"),
        ("/a.TAR.GZ", "archive"),
        ("a.tar.zst", "archive"),
        ("s3://bucket/prefix", "bucket"),
        ("gs://bucket", "bucket"),
        ("az://container/a.zip", "bucket"),
        ("list.txt", "urls"),
        ("/list.csv", "urls"),
        ("/list.parquet", "urls"),
        ("https://example.org/a.zip", "urls"),
    ],
)
def test_kind_is_told_by_the_argument(argument: str, kind: str) -> None:
    assert kind_of(argument) == kind


def test_a_folder_may_be_called_like_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.zip").mkdir()

    assert kind_of(str(tmp_path / "a.zip")) == "directory"


def test_a_load_sends_what_was_asked_for(
    command: Callable[..., int],
    server: Any,
    queued: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()

    code = command(
        *("load", "here", "--no-recursive", "--pattern", "*.jpg", "--exclude", "x", "--sync"),
        *("--skip-duplicates", "--tag", "a", "--tag", "b", "--metadata", '{"m": 1}'),
        *("--allow-mass-removal", "--report-duplicates"),
    )

    assert code == 0
    assert capsys.readouterr().out == f"queued as job {queued}\n"
    source = {
        "kind": "directory",
        "path": str(tmp_path / "here"),
        "recursive": False,
        "pattern": "*.jpg",
        "exclude": ["x"],
    }
    assert server.bodies == [
        {
            "source": source,
            "on_duplicate": "skip",
            "sync": True,
            "allow_mass_removal": True,
            "report_duplicates": True,
            "tags": ["a", "b"],
            "metadata": {"m": 1},
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "sources"),
    [
        (["/nowhere"], [{"kind": "directory", "path": "/nowhere"}]),
        (["in/a/root"], [{"kind": "directory", "path": "in/a/root"}]),
        (["/a.zip"], [{"kind": "archive", "path": "/a.zip"}]),
        (
            ["s3://b/p", "--pattern", "*.png"],
            [{"kind": "bucket", "url": "s3://b/p", "pattern": "*.png"}],
        ),
        (
            ["/l.csv", "--column", "url"],
            [{"kind": "urls", "path": "/l.csv", "column": "url"}],
        ),
        (["/odd", "--kind", "archive"], [{"kind": "archive", "path": "/odd"}]),
        (
            ["/a", "https://x/1", "/b.tar", "http://x/2"],
            [
                {"kind": "directory", "path": "/a"},
                {"kind": "archive", "path": "/b.tar"},
                {"kind": "urls", "urls": ["https://x/1", "http://x/2"]},
            ],
        ),
    ],
)
def test_every_kind_of_source(
    command: Callable[..., int],
    server: Any,
    queued: str,
    arguments: list[str],
    sources: list[dict[str, Any]],
) -> None:
    assert command("load", *arguments) == 0
    assert server.bodies == [{"source": source} for source in sources]


def test_addresses_come_from_stdin_ten_thousand_a_job(
    command: Callable[..., int], server: Any, queued: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["# a list", "", *(f"https://x/{n}" for n in range(10_001))]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))

    assert command("load", "-") == 0
    assert [len(body["source"]["urls"]) for body in server.bodies] == [10_000, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/a.zip", "--pattern", "*"], "--pattern says nothing of a source of kind archive."),
        (["/a", "--column", "url"], "--column says nothing of a source of kind directory."),
        (["/a", "--metadata", "{"], "--metadata is no JSON"),
        (["/a", "--metadata", "[]"], "--metadata is no JSON object."),
        ([], "Missing argument 'SOURCE'."),
    ],
)
def test_wrong_usage_is_one_line(
    command: Callable[..., int],
    server: Any,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert command("load", *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert server.requests == []
