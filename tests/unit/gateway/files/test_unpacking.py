"""Archives among uploads: what those of one request may have together, and what is kept."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from io import BytesIO

import pytest

from gateway.files.incoming import Incoming, inspect_all
from shared.settings import Settings
from tests.archives import compressed, tar_of, zip_of
from tests.drawn import JPEG


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def settings(base_settings: Settings) -> Settings:
    return base_settings.model_copy(update={"max_upload_mb": 1, "archive_max_members": 20})


def inspected(archives: Sequence[bytes], settings: Settings, cleanup: ExitStack) -> list[Incoming]:
    return inspect_all([("a", BytesIO(data)) for data in archives], settings, cleanup)


def codes(found: Sequence[Incoming]) -> list[str]:
    return [file.error.code if file.error else "" for file in found]


def test_archives_of_one_request_share_what_one_may_unpack(
    settings: Settings, cleanup: ExitStack
) -> None:
    zeros = compressed(tar_of({"a.bin": bytes(3 << 20), "a.jpg": JPEG}), ".gz")
    found = inspected([zeros, zeros, zip_of({"a.jpg": JPEG})], settings, cleanup)
    assert codes(found) == ["", "archive_too_large", "archive_too_large"]
    assert found[1].error is not None
    assert found[1].error.detail.endswith("Send it by itself.")


def test_archives_of_one_request_share_what_members_one_may_have(
    settings: Settings, cleanup: ExitStack
) -> None:
    eight = zip_of({f"{n}.jpg": JPEG for n in range(8)})
    found = inspected([eight, eight, eight], settings, cleanup)
    assert codes(found) == [""] * 16 + ["archive_too_many_members"]


def test_an_archive_that_is_refused_at_once_costs_those_after_it_nothing(
    settings: Settings, cleanup: ExitStack
) -> None:
    many = zip_of({f"{n}.jpg": b"" for n in range(21)})
    found = inspected([many, zip_of({"a.jpg": JPEG})], settings, cleanup)
    assert codes(found) == ["archive_too_many_members", ""]
    assert found[1].file.read() == JPEG


def test_what_is_no_picture_is_not_stored(settings: Settings, cleanup: ExitStack) -> None:
    found = inspected([zip_of({"a.jpg": bytes(999_999), "b.jpg": JPEG})], settings, cleanup)
    assert codes(found) == ["unsupported_format", ""]
    store = found[0].file
    assert store.seek(0, 2) == len(JPEG)


def test_archives_within_are_unpacked_and_counted(settings: Settings, cleanup: ExitStack) -> None:
    inner = zip_of({f"{n}.jpg": JPEG + bytes(n) for n in range(8)} | {"deep.zip": zip_of({})})
    flat = settings.model_copy(update={"archive_nesting": 1})
    found = inspected([tar_of({"in/a.zip": inner, "b.jpg": JPEG})], flat, cleanup)
    assert codes(found) == [""] * 8 + ["member_archive", ""]
    assert found[0].name == "a/in/a.zip!/0.jpg"
    assert [file.file.read() for file in found[:8]] == [JPEG + bytes(n) for n in range(8)]
    twice = tar_of({"1.zip": inner, "2.zip": inner})
    assert codes(inspected([twice, twice], flat, cleanup))[-1] == "archive_too_many_members"
