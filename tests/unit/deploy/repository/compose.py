"""compose.yaml as Compose reads it: merged, with its variables substituted."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[4]
COMPOSE = REPOSITORY / "compose.yaml"
MONITORING = REPOSITORY / "deploy" / "monitoring.yaml"
GPU = REPOSITORY / "deploy" / "gpu.yaml"
FOLDERS = REPOSITORY / "deploy" / "folders.yaml"
EXAMPLE = REPOSITORY / "deploy" / ".env.example"

_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:-|:\?)([^}]*))?\})")


class MissingVariable(Exception):
    """A variable that the file requires is unset or empty."""


def load(file: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """A compose file with `${…}` filled in as the Compose specification says."""
    document: dict[str, Any] = _fill(yaml.safe_load(file.read_text()), variables)
    return document


def services(file: Path, variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(file, variables)["services"]
    return found


def example(*, optional: bool = False) -> dict[str, str]:
    """The variables of deploy/.env.example, with their values; on request the commented ones."""
    found = re.findall(r"^(#?)(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return {name: value for mark, name, value in found if bool(mark) == optional}


def filled() -> dict[str, str]:
    """The example as a person would fill it in who uses every overlay."""
    overlays = ("GRAFANA_USER", "GRAFANA_PASSWORD", "METRICS_KEY", "IMAGES_2")
    variables = {**example(), **dict.fromkeys(overlays, "")}
    return {
        name: value or ("/photos" if name == "IMAGES" else f"{name.lower()}-value")
        for name, value in variables.items()
    }


def required(file: Path) -> set[str]:
    """The variables without which the file refuses to be used."""
    return {match[1] for match in _VARIABLE.finditer(file.read_text()) if match[2] == ":?"}


def mentioned(file: Path) -> set[str]:
    """Every variable that the file reads."""
    return {match[1] for match in _VARIABLE.finditer(file.read_text()) if match[1]}


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every scalar of a document with the keys that lead to it."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, (*path, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, (*path, str(index)))
    elif node is not None:
        yield path, str(node)


def _fill(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {key: _fill(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, variables) for value in node]
    return _VARIABLE.sub(lambda m: _value(m, variables), node) if isinstance(node, str) else node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, operand = match.groups()
    if name is None:
        return "$"
    value = variables.get(name, "")
    if not value and operator == ":?":
        raise MissingVariable(name)
    return value or (operand or "" if operator == ":-" else "")
