"""Which clients get CSV."""

import pytest

from gateway.http.accepted_types import prefers_csv


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        ("text/csv", True),
        ("TEXT/CSV; charset=utf-8", True),
        ("text/csv, */*;q=0.1", True),
        ("application/json;q=0.5, text/csv", True),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/csv;q=0", False),
        ("text/csv;q=nonsense", False),
        ("application/json, text/csv;q=0.9", False),
        ("application/json, text/csv", False),
    ],
)
def test_csv_is_for_who_prefers_it(accept: str, csv: bool) -> None:
    assert prefers_csv(accept) is csv
