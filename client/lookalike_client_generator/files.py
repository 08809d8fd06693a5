"""All generated files, as text."""

import subprocess
import sys
from typing import Any

from lookalike_client_generator.calls import calls_module
from lookalike_client_generator.methods import methods_module
from lookalike_client_generator.models import models_module
from lookalike_client_generator.operations import operations

_HEADER = '"""{}\n\nGenerated from the OpenAPI document by `make client`; do not edit.\n"""\n\n'


def render(document: dict[str, Any]) -> dict[str, str]:
    """The generated files by name, formatted as the repository is."""
    found = operations(document)
    texts = {
        "models.py": _HEADER.format("What requests and replies of the API hold.")
        + models_module(document),
        "calls.py": _HEADER.format("Every call of the API, as a function that builds its request.")
        + calls_module(found),
        "methods.py": _HEADER.format("Every call of the API, as a method of either client.")
        + methods_module(found),
    }
    return {name: _formatted(text, name) for name, text in texts.items()}


def _formatted(text: str, name: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "--isolated"]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, "--stdin-filename", name, "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
