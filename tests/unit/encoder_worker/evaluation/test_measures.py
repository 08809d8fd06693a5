"""Measures of retrieval, against values worked out by hand."""

import numpy as np
import pytest

from encoder_worker.evaluation.measures import (
    average_precisions,
    by_cosine,
    mean_average_precision,
    precision_at,
    ranking,
    ukbench_score,
)

RELEVANT = np.array(
    [
        [True, False, True, False],
        [False, False, False, True],
        [False, False, False, False],
    ]
)


def test_average_precision_is_the_mean_of_precisions_at_relevant_ranks() -> None:
    found = average_precisions(RELEVANT)
    assert found[:2] == pytest.approx([(1 + 2 / 3) / 2, 1 / 4])
    assert np.isnan(found[2])
    assert mean_average_precision(RELEVANT) == pytest.approx((5 / 6 + 1 / 4) / 2)


def test_precision_counts_within_a_depth() -> None:
    assert precision_at(RELEVANT, 1) == pytest.approx(1 / 3)
    assert precision_at(RELEVANT, 4) == pytest.approx(3 / 12)
    assert precision_at(RELEVANT, 100) == pytest.approx(3 / 12)


def test_the_score_of_ukbench_counts_the_query_itself() -> None:
    assert ukbench_score(RELEVANT) == pytest.approx(1 + (2 + 0 + 0) / 3)
    assert ukbench_score(np.ones((5, 9), bool)) == 4


def test_rankings_leave_out_what_they_are_asked_to() -> None:
    rows = np.eye(3, dtype=np.float32)
    queries = np.array([[0.1, 0.5, 0.2], [0.5, 0.5, 0.1]], np.float32)
    assert by_cosine(queries, rows, False).tolist() == [[1, 2, 0], [0, 1, 2]]
    assert by_cosine(rows, rows, True).tolist() == [[1, 2], [0, 2], [0, 1]]
    assert ranking(queries, rows, np.array([1, 0])).tolist() == [[2, 0], [1, 2]]
