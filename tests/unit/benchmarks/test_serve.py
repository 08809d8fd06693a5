"""Figures of a mixed load, from what its clients wrote."""

import pytest

from tests.benchmarks.report import Report
from tests.benchmarks.serve import Sample, add_memory, add_replies, growth, percentile


def test_replies_are_counted_by_what_went_wrong() -> None:
    report = Report("load", {})
    figures = {
        "seconds": 10.0,
        "milliseconds": {"listing": [float(n) for n in range(1, 101)], "upload": [7.0]},
        "statuses": {"listing": {"200": 100, "503": 2, "500": 1}, "upload": {"202": 1, "429": 3}},
    }
    figures["statuses"]["upload"] |= {"0": 1, "502": 1, "404": 1}  # type: ignore[index]
    add_replies(report, figures)
    assert report.find("requests").median == 11.0
    assert report.find("listing").median == 50.5
    assert report.find("listing: p99").median == 100
    assert report.find("upload: p95").median == 7
    assert report.find("replies of 500 and more, but 503").median == 2
    assert report.find("replies of 429").median == 3
    assert report.find("replies of 503").median == 2
    assert report.find("other replies of 400 and more").median == 1
    assert report.find("requests without a reply").median == 1


def test_growth_is_of_the_second_half() -> None:
    rising = [Sample(float(second), 100 + 2 * second / 60) for second in range(60)]
    settling = [Sample(float(second), 500 if second < 30 else 600) for second in range(60)]
    assert growth(rising) == pytest.approx(2)
    assert growth(rising[:1]) == 0
    report = Report("load", {})
    add_memory(report, {"gateway": rising, "indexer": settling})
    assert report.find("memory of gateway: growth").median == pytest.approx(2)
    assert report.find("memory of indexer: growth").median == pytest.approx(0)
    assert report.find("memory of indexer").median == 600


def test_percentiles() -> None:
    assert percentile([5.0], 99) == 5
    assert percentile([3.0, 1.0, 2.0], 50) == 2
    assert percentile([float(n) for n in range(1000)], 99) == 990
