"""A typed client of Lookalike, a self-hosted reverse image search."""

from lookalike_client import models
from lookalike_client.async_client import AsyncClient
from lookalike_client.client import Client
from lookalike_client.errors import (
    ApiError,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    LookalikeError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnexpectedReply,
)
from lookalike_client.exchange import Retries
from lookalike_client.uploads import BatchOutcome, FolderUpload
from lookalike_client.values import FileInput, JobEvent, JsonText, Picture

__all__ = [
    "ApiError",
    "AsyncClient",
    "BatchOutcome",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "FileInput",
    "FolderUpload",
    "InvalidRequest",
    "JobEvent",
    "JsonText",
    "LookalikeError",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Picture",
    "Retries",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedReply",
    "models",
]
