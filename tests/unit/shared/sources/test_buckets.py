"""Buckets over HTTP: throttled, refused, out of reach, and very large."""

import json
import tracemalloc
from contextlib import closing

import pytest
from pydantic import ValidationError

from indexer.sources.bucket import BucketListing
from shared.domain.bucket import is_within, parse
from shared.domain.job import BucketSource
from shared.errors import JobFailed, PictureError
from shared.settings import Settings
from shared.sources import Files
from shared.sources.buckets.stores import is_ordered
from tests.drawn import JPEG
from tests.s3 import ACCESS_KEY, SECRET, Reply, answering, numbered, stored

URI = "s3://bucket/in/a.jpg"
OBJECT = {"ETag": '"1"', "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}
_ERROR = "<Error><Code>{code}</Code><Message>{text}</Message></Error>"


def settings(base: Settings, endpoint: str) -> Settings:
    known = {"s3_endpoint": endpoint, "bucket_roots": "s3://bucket/in"}
    secrets = {"s3_access_key_id": ACCESS_KEY, "s3_secret_access_key": SECRET}
    return Settings.model_validate({**base.model_dump(), **known, **secrets})


def refusal(status: int, code: str, text: str = "") -> Reply:
    return Reply(status, _ERROR.format(code=code, text=text).encode(), {})


def test_a_bucket_that_is_asked_too_much_is_asked_again(base_settings: Settings) -> None:
    asked = []

    def answer(method: str, *_: object) -> Reply:
        asked.append(method)
        slow = len(asked) < 3
        return refusal(503, "SlowDown") if slow else Reply(200, JPEG, OBJECT)

    with (
        answering(answer) as endpoint,
        Files(settings(base_settings, endpoint)) as files,
        files.open(URI, "c").file as file,
    ):
        assert file.read() == JPEG
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", "unreadable"),
        (403, "InvalidAccessKeyId", "unreadable"),
        (401, "Unauthorized", "unreadable"),
        (400, "SignatureDoesNotMatch", "unreachable"),
        (404, "NoSuchKey", "missing"),
        (404, "NoSuchBucket", "missing"),
    ],
)
def test_no_refusal_shows_what_it_quotes(
    base_settings: Settings,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: str,
    expected: str,
) -> None:
    quoted = f"AWSAccessKeyId={ACCESS_KEY} secret={SECRET} Authorization: AWS4-HMAC-SHA256"
    with (
        answering(lambda *_: refusal(status, code, quoted)) as endpoint,
        Files(settings(base_settings, endpoint)) as files,
    ):
        for look in (files.status, files.open):
            with pytest.raises(PictureError) as failure:
                look(URI, "c")
            assert failure.value.code == expected
            assert ACCESS_KEY not in failure.value.detail
            assert failure.value.__suppress_context__
        with pytest.raises(JobFailed) as job:
            next(BucketListing(BucketSource(url="s3://bucket/in"), files).batches(""))
        shown = f"{failure.value.detail}{job.value.detail}{capsys.readouterr()}"
    assert not any(secret in shown for secret in (ACCESS_KEY, SECRET, "AWS4", endpoint))


def test_settings_show_no_credentials(base_settings: Settings) -> None:
    made = settings(base_settings, "http://127.0.0.1:1")
    shown = f"{made!r}{json.dumps(made.model_dump(mode='json'))}"
    assert ACCESS_KEY not in shown
    assert SECRET not in shown


def test_nothing_outside_the_roots_is_asked_for(base_settings: Settings) -> None:
    def answer(*_: object) -> Reply:
        raise AssertionError("the bucket was asked")

    outside = ("s3://other/in/a.jpg", "s3://bucket/a.jpg", "s3://bucket/in-2/a.jpg")
    hidden = ("s3://bucket/in/../a.jpg", "s3://bucket/in/%2e%2e/a.jpg", "gs://bucket/in/a.jpg")
    with answering(answer) as endpoint, Files(settings(base_settings, endpoint)) as files:
        for uri in (*outside, *hidden):
            with pytest.raises(PictureError) as failure:
                files.open(uri, "c")
            assert failure.value.code in ("outside_roots", "unreadable")


def test_a_listing_takes_no_memory_for_its_keys(base_settings: Settings) -> None:
    count = 20_000
    with answering(numbered(count)) as endpoint, Files(settings(base_settings, endpoint)) as files:
        listing = BucketListing(BucketSource(url="s3://bucket/in"), files)
        found, cursor = 0, ""
        tracemalloc.start()
        try:
            with closing(listing.batches("")) as batches:
                for batch in batches:
                    found += len(batch.files)
                    cursor = cursor or batch.cursor
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        rest = sum(len(batch.files) for batch in listing.batches(cursor))
    assert found == count
    assert peak < 4 << 20
    assert cursor == "in/000000999.jpg"
    assert rest == count - 1000


def test_a_listing_in_no_order_has_no_cursors(base_settings: Settings) -> None:
    with answering(numbered(10)) as endpoint, Files(settings(base_settings, endpoint)) as files:
        listing = BucketListing(BucketSource(url="s3://bucket/in"), files)
        listed = list(listing._files.buckets.objects(parse("s3://bucket/in"), "", 1000))
        swapped = [list(reversed(objects)) for objects in listed]
        listing._files.buckets.objects = lambda *_: iter(swapped)  # type: ignore[method-assign]
        assert [batch.cursor for batch in listing.batches("")] == [""]


def test_only_objects_without_an_extension_are_looked_into(base_settings: Settings) -> None:
    names = ["in/.hidden.jpg", "in/README", "in/a.jpg", "in/b.txt", "in/picture"]

    def answer(_: str, path: str, query: dict[str, list[str]]) -> Reply:
        if "list-type" in query:
            return listed(_, path, query)
        looked.append(path)
        data = JPEG if path.endswith("picture") else b"text" * 20
        return Reply(206, data, {**OBJECT, "Content-Range": f"bytes 0-63/{len(data)}"})

    looked, listed = list[str](), stored(names)
    with answering(answer) as endpoint, Files(settings(base_settings, endpoint)) as files:
        listing = BucketListing(BucketSource(url="s3://bucket/in"), files)
        (batch,) = listing.batches("")
        wanted = listing.are_pictures(batch.files)
    taken = [file.name for file, wants in zip(batch.files, wanted, strict=True) if wants]
    assert taken == ["a.jpg", "picture"]
    assert batch.ignored == 1
    assert sorted(looked) == ["/bucket/in/README", "/bucket/in/picture"]


@pytest.mark.parametrize(
    ("address", "roots", "expected"),
    [
        ("s3://b/x", ("s3://b",), True),
        ("s3://b/x", ("s3://b/x",), True),
        ("s3://b/x/", ("s3://b/x/",), True),
        ("s3://b/xy", ("s3://b/x",), False),
        ("s3://b", ("s3://b/x",), False),
        ("s3://bb/x", ("s3://b",), False),
        ("gs://b/x", ("s3://b",), False),
    ],
)
def test_roots_are_folders(address: str, roots: tuple[str, ...], expected: bool) -> None:
    assert (
        is_within(
            parse(address.replace("://b", "://bucket")),
            [root.replace("://b", "://bucket") for root in roots],
        )
        is expected
    )


@pytest.mark.parametrize("root", ["pictures", "http://x/y", "s3://", "s3://b/../c", "s3://UP"])
def test_a_root_that_is_no_bucket_is_a_setting_that_is_refused(root: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"bucket_roots": root})


@pytest.mark.parametrize(
    ("address", "endpoint", "variable", "expected"),
    [
        ("s3://bucket/in", "", "", True),
        ("s3://bucket/in", "http://127.0.0.1:9000", "", False),
        ("s3://bucket/in", "", "http://127.0.0.1:9000", False),
        ("s3://bucket--use1-az4--x-s3", "", "", False),
        ("gs://bucket/in", "", "", False),
        ("az://bucket/in", "", "", False),
    ],
)
def test_only_what_is_sure_to_have_an_order_is_listed_ahead(
    address: str,
    endpoint: str,
    variable: str,
    expected: bool,
    base_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", variable)
    elsewhere = base_settings.model_copy(update={"s3_endpoint": endpoint})
    assert is_ordered(parse(address), elsewhere) is expected
