"""The values that a field has, with counts."""

import httpx
import pytest

from shared.domain.image import ImageRow
from tests.contract.calls import problem


def test_values_come_with_their_counts(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    assert len(stored) == 6
    assert api.get(f"{url}/facets").json() == {
        "field": "tags",
        "items": [
            {"value": "even", "count": 3},
            {"value": "odd", "count": 3},
            {"value": "wei\u00df", "count": 3},
        ],
        "looked_at": 6,
        "complete": True,
    }

    def items(**query: str | int) -> object:
        reply = api.get(f"{url}/facets", params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()["items"]

    assert items(prefix="WEISS") == [{"value": "wei\u00df", "count": 3}]
    assert items(limit=1) == [{"value": "even", "count": 3}]
    assert items(field="metadata.n") == [{"value": 0, "count": 3}]
    assert items(field="format") == [{"value": stored[0].format, "count": 6}]


@pytest.mark.parametrize(
    ("query", "code"),
    [("field=width", "invalid_facet"), ("limit=0", "validation_error")],
)
def test_what_is_no_facet(
    api: httpx.Client, stored: list[ImageRow], url: str, query: str, code: str
) -> None:
    assert stored
    problem(api.get(f"{url}/facets?{query}"), 422, code)


def test_of_no_collection(api: httpx.Client) -> None:
    problem(api.get("/api/v2/collections/absent/facets"), 404, "collection_not_found")
