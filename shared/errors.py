"""Every error a user can meet; each carries the status and the code it is answered with."""

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
    `worker_lost`, `blank_vector`, `path_too_long`.
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
    """A part is away.

    Codes: `redis_unavailable`, `milvus_unavailable`, `storage_unavailable`, `no_encoder`,
    `decoder_unavailable`, `image_busy`.
    """

    status = 503
    title = "Service unavailable"
    retry_after = 5


class DecoderUnavailable(Unavailable):
    """The process that decodes pictures cannot be started: no picture is at fault."""


class TimedOut(LookalikeError):
    """The encoder did not answer within the time-out."""

    status = 504
    title = "Timed out"
    retry_after = 5


class JobFailed(LookalikeError):
    """A whole job cannot go on; trying its files again would not cure it.

    Codes: `source_missing`, `source_unreadable`, `source_outside_roots`, `source_empty`,
    `source_replaced`, `mass_removal`, `collection_not_found`, `collection_replaced`,
    `encoder_mismatch`, `internal_error`.
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


def storage_unavailable(error: OSError) -> Unavailable:
    return Unavailable("storage_unavailable", f"Nothing can be stored now: {error.strerror}.")
