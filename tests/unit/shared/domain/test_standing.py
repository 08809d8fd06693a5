"""When a schedule's next run is."""

from datetime import UTC, datetime

import pytest

from shared.domain.standing import next_run

#: A Sunday.
NOW = datetime(2026, 11, 29, 21, 45, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("* * * * *", "2026-11-29 21:46"),
        ("*/20 * * * *", "2026-11-29 22:00"),
        ("0 3 * * *", "2026-11-30 03:00"),
        ("30 22 * * SUN", "2026-11-29 22:30"),
        ("0 0 1 1 *", "2027-01-01 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("45 21 * * *", "2026-11-30 21:45"),
    ],
)
def test_the_next_run_is_the_first_after_now_in_utc(cron: str, expected: str) -> None:
    assert f"{datetime.fromtimestamp(next_run(cron, NOW), UTC):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    "cron",
    ["", "x", "* * * *", "* * * * * *", "61 * * * *", "@daily", "0 0 30 2 *", "* * * * \ud800"],
)
def test_what_is_no_schedule(cron: str) -> None:
    with pytest.raises(ValueError, match=r"must have|is no schedule|never"):
        next_run(cron, NOW)
