"""Exit codes, which scripts may rely on."""

from enum import IntEnum

from lookalike_client.errors import (
    ConnectionFailed,
    LookalikeError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from lookalike_client.models import Job


class ExitCode(IntEnum):
    """What became of a command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    UNAVAILABLE = 5
    FILES_FAILED = 6
    JOB_FAILED = 7
    INTERRUPTED = 130


def code_of(error: LookalikeError) -> ExitCode:
    """The exit code for an exception."""
    match error:
        case NotFound():
            return ExitCode.NOT_FOUND
        case NotAuthenticated() | NotAllowed():
            return ExitCode.NOT_ALLOWED
        case ConnectionFailed() | Unavailable() | TooManyRequests():
            return ExitCode.UNAVAILABLE
    return ExitCode.FAILED


def code_of_job(job: Job) -> ExitCode:
    """The exit code for a job that has ended."""
    if job.status != "done":
        return ExitCode.JOB_FAILED
    return ExitCode.FILES_FAILED if job.failed else ExitCode.DONE
