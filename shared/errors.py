"""Every error a user can meet; each carries the status and the code it is answered with."""

import errno
from typing import ClassVar


class LookalikeError(Exception):
    """Something that a caller should read.

    `code` is a stable snake_case word to switch on, `status` the HTTP status,
    `title` the kind's name, `detail` a sentence with cause and remedy.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retry_after: int | None = None

    def __init__(self, code: str, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        if retry_after is not None:
            self.retry_after = retry_after


class NotFound(LookalikeError):
    """There is no such collection, job or image."""

    status = 404
    title = "Not found"


class Conflict(LookalikeError):
    """The request does not fit what is there: a taken name, vectors of another encoder."""

    status = 409
    title = "Conflict"


class PreconditionFailed(LookalikeError):
    """What a request's If-Match names is no longer what is stored."""

    status = 412
    title = "Precondition failed"


class InvalidRequest(LookalikeError):
    """The caller can mend it: a path outside the roots, an empty filter."""

    status = 422
    title = "Invalid request"


class PictureError(LookalikeError):
    """A picture that cannot become a vector.

    Codes: `empty_file`, `unsupported_format`, `truncated`, `corrupt`, `too_many_pixels`,
    `too_large`, `too_slow`, `unreadable`, `missing`, `outside_roots`, `decoder_crashed`,
    `worker_lost`, `blank_vector`, `path_too_long`, `labels_too_large`, those of `shared.sources`.
    """

    status = 422
    title = "Unusable picture"

    #: The codes of what a decoder finds in a picture's bytes.
    DECODER_CODES: ClassVar[frozenset[str]] = frozenset(
        {
            "empty_file",
            "unsupported_format",
            "truncated",
            "corrupt",
            "too_many_pixels",
            "too_large",
        }
    )


class NotPermitted(PictureError):
    """The system lets the process not read a file: `unreadable`."""

    status = 403
    title = "Forbidden"


class Unauthorized(LookalikeError):
    """An API key is asked for, and the request has none that is known."""

    status = 401
    title = "Unauthorized"


class TooLarge(LookalikeError):
    """The request body is over the limit."""

    status = 413
    title = "Too large"


class QueueFull(LookalikeError):
    """More waits than the settings allow; come back later."""

    status = 429
    title = "Queue full"
    retry_after = 5


class Unavailable(LookalikeError):
    """A part is away, or cannot store anything.

    Codes: `redis_unavailable`, `redis_full`, `redis_not_saving`, `redis_read_only`,
    `redis_loading`, `milvus_unavailable`, `milvus_full`, `storage_unavailable`, `no_encoder`,
    `decoder_unavailable`, `image_busy`, `unreachable`.
    """

    status = 503
    title = "Service unavailable"
    retry_after = 5


class StorageFull(LookalikeError):
    """The disk on which the gateway stores files is full: `storage_full`."""

    status = 507
    title = "Insufficient storage"
    retry_after = 30


class DecoderUnavailable(Unavailable):
    """The process that decodes pictures cannot be started: no picture is at fault."""


class TimedOut(LookalikeError):
    """The encoder did not answer within the time-out."""

    status = 504
    title = "Timed out"
    retry_after = 5


class JobFailed(LookalikeError):
    """A whole job cannot go on; trying its files again would not cure it.

    Codes: `source_…`, `archive_…`, `mass_removal`, `collection_…`, `storage_full`, `too_…`, …
    """

    title = "Job failed"


def collection_not_found(name: str) -> NotFound:
    return NotFound("collection_not_found", f"There is no collection {name!r}. Create it first.")


def collection_replaced(name: str) -> NotFound:
    return NotFound(
        "collection_replaced",
        f"The collection {name!r} was dropped, and is another one of the same name now.",
    )


def job_not_found(job_id: str) -> NotFound:
    return NotFound("job_not_found", f"There is no job {job_id!r}; the ledger may have let it go.")


def image_not_found(image: str) -> NotFound:
    return NotFound("image_not_found", f"There is no image {image!r} in this collection.")


def encoder_mismatch(collection: str, encoder: str) -> Conflict:
    """`collection` and `encoder` are fingerprints."""
    return Conflict(
        "encoder_mismatch",
        f"The collection's vectors come from {collection}, the encoder makes {encoder}. Start the "
        "encoder with the weights of the collection, or load the pictures into a new collection.",
    )


def invalid_cursor() -> InvalidRequest:
    return InvalidRequest(
        "invalid_cursor", "The cursor is none that this list gave; start again without it."
    )


def redis_unavailable() -> Unavailable:
    return Unavailable(
        "redis_unavailable", "Redis does not answer. Nothing was lost; try again in a few seconds."
    )


def redis_full() -> Unavailable:
    return Unavailable(
        "redis_full",
        "Redis has reached its maxmemory and stores nothing more. Raise maxmemory, or delete what "
        "else is in it. Nothing was lost, and loads go on by themselves.",
    )


def redis_not_saving() -> Unavailable:
    return Unavailable(
        "redis_not_saving",
        "Redis cannot write to its disk, which may be full, and so takes no changes. Free space on "
        "it; Redis's own log has the cause. Nothing was lost, and loads go on by themselves.",
    )


def redis_read_only() -> Unavailable:
    return Unavailable(
        "redis_read_only",
        "This Redis is a replica, which takes no changes. LOOKALIKE_REDIS_URL has to name the "
        "primary. Nothing was lost, and loads go on by themselves.",
    )


def redis_loading() -> Unavailable:
    return Unavailable(
        "redis_loading",
        "Redis is starting and reads its data from disk. Nothing was lost; try again soon.",
    )


def milvus_unavailable() -> Unavailable:
    return Unavailable(
        "milvus_unavailable",
        "Milvus does not answer. Nothing was lost; try again in a few seconds.",
    )


def milvus_full() -> Unavailable:
    return Unavailable(
        "milvus_full",
        "Milvus cannot write: its disk is full, or its quota used up. Free space there. Nothing "
        "was lost, and loads go on by themselves.",
    )


def storage_error(error: OSError) -> LookalikeError:
    """What a failed write of a file of ours means: StorageFull, or else Unavailable."""
    # A disk or a quota that is full, and a file as large as the process may make one.
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFull(
            "storage_full",
            f"The gateway's disk is full ({error.strerror}), and nothing of the request was kept. "
            "Free space below LOOKALIKE_DATA_DIR and in the directory of temporary files (TMPDIR).",
        )
    return Unavailable(
        "storage_unavailable",
        f"The gateway cannot write its files: {error.strerror}. See to the permissions and the "
        "mount of LOOKALIKE_DATA_DIR and of the directory of temporary files (TMPDIR).",
    )
