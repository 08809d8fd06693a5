"""What a failed call to Milvus means."""

import re

import grpc
from pymilvus.exceptions import (
    DataNotMatchException,
    DataTypeNotMatchException,
    MilvusException,
    ParamError,
)

from shared.errors import (
    collection_not_found,
    collection_replaced,
    milvus_full,
    milvus_unavailable,
)
from shared.log import outages

# https://github.com/milvus-io/milvus/blob/master/pkg/util/merr/errors.go
_COLLECTION_NOT_FOUND = 100
_COLLECTION_NOT_LOADED = 101
_PARTITION_NOT_FOUND = 200
#: How a server says so to a search, under the code of unexpected errors.
_NO_SUCH_PARTITION = re.compile(r"partition name \S+ not found")

#: Memory, disk and other quotas of a server are used up, and it denies writes.
_FULL = {3, 7, 9}
#: strerror(ENOSPC), which milvus-lite passes on.
_NO_SPACE = "No space left on device"

# 6 is milvus-lite's code for an illegal argument.
_INVALID_REQUESTS = {6, *range(1100, 1200)}
_OUR_MISTAKES = (ParamError, DataNotMatchException, DataTypeNotMatchException)


#: What a failed call may raise; `translate` makes it an error of `shared.errors`.
CALL_ERRORS = (MilvusException, grpc.RpcError)


def translate(error: Exception, collection: str | None) -> Exception:
    """A failed call as an error of `shared.errors`; our own mistakes stay as they are."""
    code = getattr(error, "code", None)
    if collection is not None and code == _COLLECTION_NOT_FOUND:
        return collection_not_found(collection)
    if collection is not None and (
        code == _PARTITION_NOT_FOUND or _NO_SUCH_PARTITION.search(str(error))
    ):
        return collection_replaced(collection)
    if isinstance(error, _OUR_MISTAKES) or code in _INVALID_REQUESTS:
        return error
    away = milvus_full() if code in _FULL or _NO_SPACE in str(error) else milvus_unavailable()
    outages.met(away.code, error)
    return away


def is_released(error: Exception) -> bool:
    """Whether a call failed because the collection is not loaded, as after a restart of Milvus."""
    return getattr(error, "code", None) == _COLLECTION_NOT_LOADED
