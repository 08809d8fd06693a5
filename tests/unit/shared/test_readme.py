"""The README names every setting, with the description that the class gives it."""

from pathlib import Path

import pytest

from shared.settings import Settings

_README = Path(__file__).parents[3] / "README.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_in_the_readme(name: str) -> None:
    lines = [line for line in _README.read_text().splitlines() if f"`{name.upper()}`" in line]

    assert any(f"| {Settings.model_fields[name].description} |" in line for line in lines)
