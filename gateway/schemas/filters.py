"""Filters over HTTP: objects in JSON bodies, JSON in forms and query strings."""

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from shared.domain.filter import Filter

#: Characters of a filter as JSON in a form or a query string.
MAX_FILTER_LENGTH = 100_000
FILTER_DESCRIPTION = (
    "Only images that match this filter, as JSON: `must`, `should` and `must_not` of conditions "
    'such as `{"field": "tags", "any": ["summer"]}`.'
)
FILTER_EXAMPLE = '{"must": [{"field": "tags", "any": ["summer"]}]}'


def parse_filter(text: str | None, *location: str) -> Filter | None:
    """A filter from JSON; None where there is none. Raises RequestValidationError."""
    if not text:
        return None
    try:
        return Filter.model_validate_json(text)
    except ValidationError as error:
        raise RequestValidationError(
            [{**e, "loc": (*location, *e["loc"])} for e in error.errors()]
        ) from None
