"""Keys that obstore refuses: each is a failure by its name, and all others are read."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from indexer.sources import Batch
from indexer.sources.bucket import BucketListing
from shared.domain.job import BucketSource
from shared.errors import JobFailed
from shared.settings import Settings
from shared.sources import Files
from shared.sources.buckets import s3_pages
from tests.s3 import ACCESS_KEY, SECRET, Reply, answering, stored

GOOD = [f"in/{name}" for name in ("a.jpg", "b.jpg", "b/1.jpg", "b/2.jpg", "c/d e.jpg", "c/ü%+.jpg")]
BAD = ["in/./x.jpg", "in/b//1.jpg", "in/c/../x.jpg", "in/d//e//f.jpg", "in/d//notes.txt"]

SECRETS = {"s3_access_key_id": ACCESS_KEY, "s3_secret_access_key": SECRET}


def settings(base: Settings, endpoint: str, **changes: object) -> Settings:
    known = {"s3_endpoint": endpoint, "bucket_roots": "s3://bucket", **changes}
    return Settings.model_validate({**base.model_dump(), **known})


def listed(files: Files, cursor: str = "") -> Batch:
    found = Batch()
    for batch in BucketListing(BucketSource(url="s3://bucket/in"), files).batches(cursor):
        found.files += batch.files
        found.failures += batch.failures
        found.ignored += batch.ignored
        found.cursor = batch.cursor
    return found


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("access", [SECRETS, {"s3_anonymous": True}])
def test_each_is_a_failure_and_the_others_are_read(
    size: int, access: dict[str, object], base_settings: Settings
) -> None:
    uris = [f"s3://bucket/{key}" for key in GOOD[:4]]
    with (
        answering(stored([*GOOD, *BAD], size)) as endpoint,
        Files(settings(base_settings, endpoint, **access)) as files,
    ):
        found = listed(files)
        assert len(found.files) == len(GOOD)
        assert {file.uri for file in found.files} >= set(uris)
        failures = {failure.uri: failure.code for failure in found.failures}
        bad = [key for key in BAD if key.endswith(".jpg")]
        assert failures == {f"s3://bucket/{key}": "object_name" for key in bad}
        assert found.ignored == 1
        # A scan that died after any of them goes on.
        for at, key in enumerate(sorted([*GOOD, *BAD])):
            rest = listed(files, key)
            assert len(rest.files) + len(rest.failures) + rest.ignored == len(GOOD + BAD) - at - 1


def test_without_credentials_the_key_is_named(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(s3_pages, "_keys", lambda _: None)
    with (
        answering(stored([*GOOD, *BAD])) as endpoint,
        Files(settings(base_settings, endpoint, **SECRETS)) as files,
        pytest.raises(JobFailed) as failed,
    ):
        listed(files)
    assert failed.value.code == "source_unreadable"
    assert ": in/./x.jpg. Rename the object" in failed.value.detail


def test_keys_are_taken_from_the_environment(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with (
        answering(stored([*GOOD, *BAD])) as endpoint,
        Files(settings(base_settings, endpoint)) as files,
    ):
        assert len(listed(files).files) == len(GOOD)


def again(*first: Reply) -> Callable[..., Reply]:
    """A bucket that gives these replies before it answers."""
    left, answer = list(first), stored([*GOOD, *BAD])

    def reply(method: str, path: str, query: dict[str, list[str]]) -> Reply:
        if "max-keys" in query and left:
            return left.pop(0)
        return answer(method, path, query)

    return reply


def test_a_bucket_that_is_asked_too_much_is_asked_again(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_pages, "_FIRST_WAIT_SECONDS", 0.001)
    slow = Reply(503, b"<Error><Code>SlowDown</Code></Error>", {})
    with (
        answering(again(slow, slow)) as endpoint,
        Files(settings(base_settings, endpoint, **SECRETS)) as files,
    ):
        assert len(listed(files).files) == len(GOOD)


def test_no_refusal_shows_what_it_quotes(base_settings: Settings) -> None:
    quoted = f"<Error><Message>{ACCESS_KEY} {SECRET} AWS4-HMAC-SHA256</Message></Error>"
    with (
        answering(again(Reply(403, quoted.encode(), {}))) as endpoint,
        Files(settings(base_settings, endpoint, **SECRETS)) as files,
        pytest.raises(JobFailed) as failed,
    ):
        listed(files)
    assert failed.value.code == "source_unreadable"
    assert not any(secret in failed.value.detail for secret in (ACCESS_KEY, SECRET, "AWS4"))


def test_requests_are_signed_as_amazon_says(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example of a listing in Amazon's documentation of Signature Version 4."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":  # noqa: ARG003 - as it is called
            return cls(2013, 5, 24, tzinfo=UTC)

    monkeypatch.setattr(s3_pages, "datetime", Clock)
    example = settings(
        base_settings,
        "https://examplebucket.s3.amazonaws.com",
        s3_access_key_id="AKIAIOSFODNN7EXAMPLE",
        s3_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    pages = s3_pages.S3Pages("", example)
    keys = s3_pages._keys(example)
    assert keys is not None
    headers = pages._signed("max-keys=2&prefix=J", keys)
    assert re.search(
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$",
        headers["authorization"],
    )
