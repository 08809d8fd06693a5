"""A web server, and a resolver that knows it as `pictures.example`."""

from collections.abc import Iterator

import pytest

from tests.web import Names, Web, opened


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    with web.serve():
        yield web


@pytest.fixture
def names() -> Names:
    return Names({"pictures.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})


@pytest.fixture(autouse=True)
def close_fetchers() -> Iterator[None]:
    yield
    while opened:
        opened.pop().close()
