"""What ends a whole job: no further try of a file would mend it."""

from shared.domain.job import JobError


class JobFailed(Exception):
    """The job cannot go on. `code` is stable, `detail` a sentence with cause and remedy.

    Codes: `source_missing`, `source_unreadable`, `source_outside_roots`,
    `collection_not_found`, `encoder_mismatch`, `internal_error`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.error = JobError(code=code, detail=detail)
