"""The table of ways in names tests that exist."""

import re
from pathlib import Path

_REPOSITORY = Path(__file__).parents[4]
_FILES = (
    *(f"tests/unit/gateway/http/test_{name}.py" for name in ("ways_in", "ways_around")),
    *("tests/unit/gateway/http/test_permissions.py", "tests/contract/test_keys.py"),
)


def test_each_way_in_has_its_test() -> None:
    text = (_REPOSITORY / "docs" / "security.md").read_text()
    rows = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    tests = "".join((_REPOSITORY / name).read_text() for name in _FILES)
    assert len(rows) >= 20
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert all(f"def {name}(" in tests for name in named), row
