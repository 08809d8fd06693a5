"""Clients of the clouds: credentials from the settings, or from the cloud's own places.

A cloud's error may quote the request with its key, its signature and what was signed. Nothing of
it is passed on: what is said to a user is written here, and only the kind of error is logged.
"""

import os
import re
from datetime import timedelta
from typing import Any

import obstore
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from shared.domain.bucket import BucketLocation
from shared.errors import NotPermitted, PictureError
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

#: 503 SlowDown and other refusals of a moment are answered by waiting, twice as long each time.
_BACKOFF = {
    "init_backoff": timedelta(milliseconds=200),
    "max_backoff": timedelta(seconds=15),
    "base": 2,
}
_LOADING_SECONDS = 120
#: A person waits for it.
_SERVING_SECONDS = 10

#: Variables by which the client, too, is sent to another server than Amazon's.
_ENDPOINTS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")

#: Where object_store's message has a key that it does not take.
_KEY = re.compile(r'\bPath "(.+?)"')
_SHOWN_CHARACTERS = 300


def open_store(location: BucketLocation, settings: Settings, *, serving: bool) -> ObjectStore:
    """A client of a bucket. Nothing is connected before its first call."""
    seconds = _SERVING_SECONDS if serving else _LOADING_SECONDS
    common: dict[str, Any] = {
        "client_options": {
            "timeout": f"{60 if not serving else 20}s",
            "connect_timeout": "5s",
            "allow_http": settings.s3_endpoint.startswith("http://"),
        },
        "retry_config": {
            "backoff": _BACKOFF,
            "max_retries": 10,
            "retry_timeout": timedelta(seconds=seconds),
        },
    }
    match location.scheme:
        case "s3":
            return S3Store(location.bucket, config=_s3(settings), **common)
        case "gs":
            return GCSStore(location.bucket, config=_gs(settings), **common)
        case _:
            return AzureStore(location.bucket, config=_azure(settings), **common)


def is_ordered(location: BucketLocation, settings: Settings) -> bool:
    """Whether a bucket is sure to be listed by the bytes of its keys, from any key on.

    Amazon promises it, but for directory buckets. SeaweedFS, for one, lists folder by folder, and
    Azure begins at the first key only.
    """
    is_elsewhere = settings.s3_endpoint or any(map(os.environ.get, _ENDPOINTS))
    is_directory = location.bucket.endswith("--x-s3")
    return location.scheme == "s3" and not is_elsewhere and not is_directory


def error_of(error: exceptions.BaseError | OSError | ValueError) -> PictureError:
    """What a cloud's error means for a file: `missing`, `unreadable`, `unreachable`."""
    if isinstance(error, (exceptions.NotFoundError, FileNotFoundError)):
        return PictureError("missing", "The bucket has no such object, or there is no such bucket.")
    _log.warning("bucket_request_failed", error=type(error).__name__)
    if isinstance(error, exceptions.InvalidPathError):
        return PictureError("unreadable", _unusable_key(str(error)))
    if isinstance(error, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)):
        return NotPermitted(
            "unreadable",
            "The bucket refuses it. Let the credentials that Lookalike has list the bucket and "
            "read its objects.",
        )
    if isinstance(error, exceptions.PreconditionError):
        return PictureError("unreadable", "The object was changed while it was read.")
    return PictureError(
        "unreachable",
        "The bucket does not answer, does not exist, or refuses Lookalike's credentials. See to "
        "the name, the endpoint, the region and the network, then load it again.",
    )


def _unusable_key(message: str) -> str:
    """What to do about a key that ends a listing: of the message only the key is shown."""
    found = _KEY.search(message)
    key = "".join(c for c in found[1] if c.isprintable())[:_SHOWN_CHARACTERS] if found else ""
    named = f": {key}" if key else ""
    return (
        "The bucket cannot be listed past an object of which a part of the key between slashes is "
        f"empty, a dot or two dots{named}. Rename the object, or load a folder without it."
    )


def _s3(settings: Settings) -> Any:
    config: dict[str, Any] = {}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint.rstrip("/")
    if settings.s3_region or settings.s3_endpoint:
        config["region"] = settings.s3_region or "us-east-1"
    if settings.s3_anonymous:
        config["skip_signature"] = True
    if key := settings.s3_access_key_id.get_secret_value():
        config["access_key_id"] = key
        config["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
    if token := settings.s3_session_token.get_secret_value():
        config["token"] = token
    return config


def _gs(settings: Settings) -> Any:
    key = settings.gs_service_account_key.get_secret_value()
    return {"service_account_key": key} if key else {}


def _azure(settings: Settings) -> Any:
    config: dict[str, Any] = {}
    if settings.azure_account:
        config["account_name"] = settings.azure_account
    if key := settings.azure_account_key.get_secret_value():
        config["account_key"] = key
    return config


#: What a client of a cloud raises.
ERRORS = (exceptions.BaseError, OSError, ValueError)

__all__ = ["ERRORS", "ObjectStore", "error_of", "obstore", "open_store"]
