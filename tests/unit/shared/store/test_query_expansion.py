"""The expanded query: a weighed mean at unit length."""

import numpy as np
import pytest

from shared.store.query_expansion import expand


def test_neighbours_count_by_their_cosine_cubed() -> None:
    query = np.array([1.0, 0.0, 0.0])
    neighbours = np.array([[0.8, 0.6, 0.0], [0.5, 0.0, np.sqrt(0.75)]])
    total = query + 0.8**3 * neighbours[0] + 0.5**3 * neighbours[1]
    assert expand(query, neighbours) == pytest.approx(total / np.linalg.norm(total))


def test_a_neighbour_that_is_unlike_the_query_does_not_count() -> None:
    query = np.array([1.0, 0.0])
    assert expand(query, np.array([[-1.0, 0.0], [0.0, 1.0]])) == pytest.approx(query)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_equals_and_none_change_nothing(count: int) -> None:
    query = np.array([0.6, 0.8])
    assert expand(query, np.repeat(query[None], count, axis=0)) == pytest.approx(query)
