"""The client's generated files are those of the API's document."""

from pathlib import Path

import pytest

from gateway.app import create_app
from lookalike_client_generator.__main__ import PACKAGE
from lookalike_client_generator.files import render
from shared.settings import Settings


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return render(create_app(Settings(image_roots=(), data_dir=Path("var"))).openapi())


@pytest.mark.parametrize("name", ["calls.py", "methods.py", "models.py"])
def test_generated_file_is_current(rendered: dict[str, str], name: str) -> None:
    assert (PACKAGE / name).read_text() == rendered[name], "run `make client`"


def test_no_other_file_is_generated(rendered: dict[str, str]) -> None:
    marked = [p.name for p in PACKAGE.rglob("*.py") if "by `make client`" in p.read_text()]
    assert sorted(marked) == sorted(rendered)
