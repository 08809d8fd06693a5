"""Uris: one file has one uri, and every file name can be restored from it."""

import os
from pathlib import Path

import pytest

from shared.domain.image import image_id
from shared.files.uris import file_path, file_uri


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/a.jpg",
        "/pictures/with space/100% real?.jpg",
        "/pictures/größe/写真#1.png",
        os.fsdecode(b"/pictures/not-utf8-\xff\xfe.jpg"),
        "/pictures/line\nbreak.jpg",
    ],
)
def test_a_path_survives_its_uri(path: str) -> None:
    uri = file_uri(path)

    assert file_path(uri) == Path(path)
    assert uri.isascii()
    assert "\n" not in uri


def test_the_id_depends_on_the_uri_alone() -> None:
    assert image_id("file:///a.jpg") == image_id("file:///a.jpg")
    assert image_id("file:///a.jpg") != image_id("file:///b.jpg")
    assert len(image_id("file:///a.jpg")) == 32


def test_another_scheme_has_no_path() -> None:
    with pytest.raises(ValueError, match="not a file uri"):
        file_path("s3://bucket/a.jpg")
