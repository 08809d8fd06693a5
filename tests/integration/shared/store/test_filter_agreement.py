"""A filter finds in milvus-lite what its evaluation in Python finds."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.filter import Filter, InRange
from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter, MilvusConnection
from tests.filters import Kinds, agreement, filters, require_agreement, rows
from tests.services import PlainMilvusLite


@agreement(100)
@given(drawn=rows(), asked=st.lists(filters(), min_size=1, max_size=8))
def test_the_embedded_store_finds_what_python_finds(
    writer: ImageWriter,
    images: Images,
    empty: str,
    drawn: list[ImageRow],
    asked: list[Filter],
) -> None:
    require_agreement(writer, images, empty, drawn, asked)


@pytest.fixture(scope="module")
def plain_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service = PlainMilvusLite(tmp_path_factory.mktemp("plain-milvus-lite"))
    yield service.uri
    service.kill()


@pytest.fixture
def plain(
    plain_uri: str, base_settings: Settings, collection: str
) -> Iterator[tuple[ImageWriter, Images]]:
    settings = base_settings.model_copy(update={"milvus_uri": plain_uri})
    milvus = MilvusConnection(settings)
    Collections(milvus, settings).create(collection, weights="w", pooling="avg")
    yield ImageWriter(milvus), Images(milvus)
    milvus.close()


@agreement(50)
@given(drawn=rows(), asked=st.lists(filters(Kinds(metadata=False)), min_size=1, max_size=8))
def test_milvus_lite_as_it_comes_finds_what_python_finds(
    plain: tuple[ImageWriter, Images], collection: str, drawn: list[ImageRow], asked: list[Filter]
) -> None:
    require_agreement(*plain, collection, drawn, asked)


@agreement(40)
@given(drawn=rows(), asked=st.lists(filters(Kinds(truths=False)), min_size=1, max_size=8))
def test_milvus_lite_as_it_comes_finds_texts_in_metadata(
    plain: tuple[ImageWriter, Images], collection: str, drawn: list[ImageRow], asked: list[Filter]
) -> None:
    # An order of unlike kinds is unknown to it, and `not` of that leaves the row out.
    known = [wanted for wanted in asked if not _negates_an_order(wanted)]
    require_agreement(*plain, collection, drawn, known)


def _negates_an_order(wanted: Filter) -> bool:
    leaves = [leaf for leaf in wanted.leaves() if isinstance(leaf, InRange)]
    return "must_not" in wanted.model_dump_json(exclude_defaults=True) and any(
        leaf.kind == "json" for leaf in leaves
    )
