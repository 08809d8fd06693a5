"""The runbook has a section for each alert and each error code."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
import yaml

from gateway.http import problems
from shared.errors import LookalikeError
from tests.unit.deploy.repository.compose import REPOSITORY

RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
SECTIONS = re.findall(r"^#{2,3} (\S+)$", RUNBOOK, re.MULTILINE)
PACKAGES = ("shared", "indexer", "encoder_worker", "gateway")
#: What is answered to requests that reach no route of ours.
BY_HTTP = {"bad_request", "range_not_satisfiable"}


def anchor(heading: str) -> str:
    """The fragment by which GitHub and GitLab name a heading of one word."""
    return heading.lower()


def alerts() -> list[dict[str, str]]:
    text = (REPOSITORY / "deploy" / "prometheus" / "alerts.yml").read_text()
    return [
        {"name": rule["alert"], **rule["annotations"]}
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
    ]


@cache
def codes() -> set[str]:
    """Every code that is written in the sources: of errors, and of failures of files and jobs."""
    trees = [ast.parse(file.read_text()) for file in _sources()]
    errors = _errors(trees)
    found = BY_HTTP | {code for code, _ in problems._HTTP_DETAILS.values()}
    return found.union(*(_codes_in(tree, errors) for tree in trees))


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (REPOSITORY / package).glob("*.py")
        for folder in (REPOSITORY / package).iterdir():
            if folder.is_dir() and folder.name != "web":
                yield from folder.rglob("*.py")


def _errors(trees: Sequence[ast.Module]) -> set[str]:
    """The names of LookalikeError and of all classes that are made of it."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = {LookalikeError.__name__}
    while more := {
        each.name
        for each in classes
        if each.name not in known and any(getattr(base, "id", "") in known for base in each.bases)
    }:
        known |= more
    return known


def _codes_in(tree: ast.Module, errors: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = node.args[:1] if getattr(node.func, "id", "") in errors else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_each_alert_leads_to_its_section() -> None:
    assert len(alerts()) > 6
    for alert in alerts():
        assert alert["runbook_url"] == f"docs/runbook.md#{anchor(alert['name'])}"
        assert alert["name"] in SECTIONS
        assert alert["summary"].endswith(".")


def test_each_code_has_its_section() -> None:
    assert len(codes()) > 95
    assert codes() - set(SECTIONS) == set(), "write a section for each of these"


def test_each_section_is_of_a_code_or_an_alert() -> None:
    known = codes() | {alert["name"] for alert in alerts()} | {"http_\u2026"}

    assert set(SECTIONS) - known == set()
    assert len(SECTIONS) == len(set(SECTIONS))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(#(\S+?)\)", RUNBOOK))))
def test_links_within_lead_somewhere(link: str) -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    assert link in {anchor(heading).replace(" ", "-") for heading in headings}


def test_each_setting_that_is_named_exists() -> None:
    example = (REPOSITORY / "deploy" / ".env.example").read_text()
    named = set(re.findall(r"`(LOOKALIKE_[A-Z_]+)`", RUNBOOK))
    others = {"LOOKALIKE_IMAGE_ROOTS", "LOOKALIKE_DATA_DIR", "LOOKALIKE_REDIS_URL"}

    assert {name for name in named - others if f"{name}=" not in example} == set()
