"""The codes of each status, for the schema. docs/runbook.md has a section for each."""

from typing import Any

MEANINGS: dict[int, str] = {
    400: "The body cannot be read: `bad_request`.",
    401: "An API key is asked for: `unauthorized`.",
    403: "A key that may not do this: `not_allowed`; a browser page of a foreign origin: "
    "`foreign_origin`; a picture that the gateway has no permission to read: `unreadable`.",
    404: "`collection_not_found`, `job_not_found`, `image_not_found`, `source_not_found`, "
    "`webhook_not_found`, `key_not_found`, `not_found`, "
    "`duplicates_not_computed`, `duplicate_group_not_found`, `export_not_found`, "
    "`part_not_found`, or a picture "
    "whose file is gone: `missing`, `outside_roots`, `unreadable`.",
    409: "`collection_exists`, `encoder_mismatch`, `nothing_to_retry`, `job_cancelled`, "
    "`job_failed`, `image_gone`, `duplicates_not_reported`, `too_many_sources`, "
    "`too_many_webhooks`, `no_administrator`, `too_many_keys`, `last_key`, `call_running`, "
    "`collection_busy`, `export_in_use`.",
    412: "The image is not as `If-Match` says any more: `precondition_failed`.",
    413: "The body is over the limit: `too_large`.",
    416: "The range lies outside the file: `range_not_satisfiable`.",
    422: "`validation_error`, or the code of what is wrong: `path_outside_roots`, "
    "`path_not_found`, `invalid_cursor`, `unsupported_format`, `truncated`, "
    "`too_slow`, `fetch_forbidden`, `fetch_failed`, `http_404`, "
    "`idempotency_key_reused`, `export_corrupt`, `export_unsupported`, …",
    429: "Too many jobs or searches wait: `queue_full`; a key sent too many requests: "
    "`rate_limited`; too many clients follow all jobs: `too_many_followers`.",
    503: "A part does not answer, or takes no writes: `redis_unavailable`, `redis_full`, "
    "`redis_not_saving`, `redis_read_only`, `redis_loading`, `milvus_unavailable`, `milvus_full`, "
    "`no_encoder`, `storage_unavailable`, `decoder_unavailable`, `image_busy`, "
    "`unreachable`.",
    504: "The encoder did not answer in time: `encode_timeout`.",
    507: "The gateway's disk is full: `storage_full`.",
}
#: The header of answers after which a new try makes sense.
RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds after which a new try makes sense.",
        "schema": {"type": "integer"},
    }
}
