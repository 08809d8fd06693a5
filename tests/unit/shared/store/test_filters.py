import pytest

from shared.domain.image import ImageFilter, image_id
from shared.errors import InvalidRequest
from shared.files.uris import file_uri
from shared.store.filters import filter_expression, matches
from tests.integration.shared.store.samples import make_row


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        filter_expression(ImageFilter(path_prefix="/\ud800"))


def test_a_filter_encodes_paths_as_uris_are() -> None:
    assert ImageFilter().empty
    assert filter_expression(ImageFilter()) == ""
    expression = filter_expression(ImageFilter(tag="x", path_prefix="/fotos/ä b"))
    assert 'array_contains(tags, "x")' in expression
    assert 'uri >= "file:///fotos/%C3%A4%20b/" and uri < "file:///fotos/%C3%A4%20b0"' in expression
    assert f'id == "{image_id("file:///fotos/%C3%A4%20b")}"' in expression
    assert 'uri >= "upload://"' in filter_expression(ImageFilter(path_prefix="upload://"))


def test_a_whole_uri_names_an_image_by_its_id() -> None:
    by_path = filter_expression(ImageFilter(uri="/photos/Übung (1)/it's~100%*!.jpg"))
    uri = "file:///photos/%C3%9Cbung%20%281%29/it%27s~100%25%2A%21.jpg"
    assert by_path == filter_expression(ImageFilter(uri=uri)) == f'(id == "{image_id(uri)}")'
    with pytest.raises(InvalidRequest):
        filter_expression(ImageFilter(uri="upload://\ud800"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, True),
        ({"tag": "a"}, True),
        ({"tag": "A"}, False),
        ({"path_prefix": "/photos/2020"}, True),
        ({"path_prefix": "/photos/2020/"}, True),
        ({"path_prefix": "/photos/202"}, False),
        ({"path_prefix": "/photos/2020/\u00fc.jpg"}, True),
        ({"path_prefix": "file:///photos", "tag": "b"}, True),
        ({"path_prefix": "file:///photos", "tag": "c"}, False),
        ({"uri": "/photos/2020/\u00fc.jpg"}, True),
        ({"uri": "/photos/2020"}, False),
    ],
)
def test_a_row_matches_as_milvus_finds_it(wanted: dict[str, str], expected: bool) -> None:
    uri = file_uri("/photos/2020/\u00fc.jpg")
    row = make_row(1, uri=uri, tags=("a", "b"))
    assert matches(row, ImageFilter(**wanted)) is expected
