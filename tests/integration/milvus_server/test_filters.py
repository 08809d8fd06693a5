"""A filter finds in a real Milvus server what its evaluation in Python finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.filter import Filter
from shared.domain.image import ImageRow
from tests.filters import agreement, filters, require_agreement, rows
from tests.integration.milvus_server.conftest import ServerStores

pytestmark = pytest.mark.milvus_server


@agreement(25)
@given(drawn=rows(), asked=st.lists(filters(), min_size=4, max_size=20))
def test_the_server_finds_what_python_finds(
    stores: ServerStores, drawn: list[ImageRow], asked: list[Filter]
) -> None:
    require_agreement(stores.writer, stores.images, stores.name, drawn, asked)
