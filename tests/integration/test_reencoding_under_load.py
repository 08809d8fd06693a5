"""A little of `tests.soak.reencoding`."""

from tests.soak.reencoding import Reencoded
from tests.stack import Stack


def test_a_collection_is_encoded_anew_while_it_is_used(stack: Stack) -> None:
    reencoded = Reencoded(stack, "reencoded", 24)
    try:
        reencoded.run(clients=2, quiet_seconds=0.5)
    finally:
        stack.client.delete("/api/v2/collections/reencoded")

    figures = reencoded.figures
    assert figures.job["indexed"] >= 24
    assert figures.loaded >= 5
    assert len(figures.searches) > 2
