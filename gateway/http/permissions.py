"""What each operation of the API needs: an action, and on which collection.

This is the one place where that is said. An operation that is not named here is refused to all but
administrators, and fails a test.
"""

from enum import Enum
from typing import NamedTuple

from shared.domain.api_key import Action


class Place(Enum):
    """Where the collection of an operation is found, or what stands for it."""

    OPEN = "no key is needed"
    PATH = "the collection in the path"
    JOB = "the collection of the job in the path"
    GIVEN = "the collection in the body, the form or the query, which the handler requires"
    LISTED = "none: the answer holds only what the key may have"
    SERVER = "all that there are"


class Rule(NamedTuple):
    """What an operation needs; `signed`: a signed address is enough."""

    action: Action
    place: Place
    signed: bool = False


_OPEN = Rule("read", Place.OPEN)
_SERVER = Rule("admin", Place.SERVER)
_LISTED = Rule("read", Place.LISTED)
_READ, _WRITE, _DELETE = (Rule(action, Place.PATH) for action in ("read", "write", "delete"))
_READ_JOB, _WRITE_JOB = (Rule(action, Place.JOB) for action in ("read", "write"))

#: By the operation's id in the OpenAPI document.
RULES: dict[str, Rule] = {
    # Collections. One is created by a load, too, and so needs no more than that does.
    "list_collections": _LISTED,
    "create_collection": Rule("write", Place.GIVEN),
    "get_collection": _READ,
    "delete_collection": _DELETE,
    # Another name: handlers require `delete` under the old one.
    "update_collection": _WRITE,
    # Exports hold all that can be read. Handlers of an import require `read` of what was exported.
    "create_export": _WRITE,
    "list_exports": _READ,
    "get_export": _READ,
    "get_export_part": _READ,
    "delete_export": _DELETE,
    "get_calibration": _READ,
    "start_calibration": _WRITE,
    # A re-encoding may forget images, with `allow_missing`.
    "get_reencoding": _READ,
    "start_reencoding": _DELETE,
    "delete_reencoding": _DELETE,
    # Loads. `sync` forgets images: handlers require `delete` for it.
    "create_job": _WRITE,
    "upload_images": _WRITE,
    "list_sources": _READ,
    "create_source": _WRITE,
    "get_source": _READ,
    "update_source": _WRITE,
    "delete_source": _WRITE,
    "run_source": _WRITE,
    # Jobs are their collection's.
    "list_jobs": _LISTED,
    "get_job": _READ_JOB,
    "stream_job_events": _READ_JOB,
    "list_job_failures": _READ_JOB,
    "list_job_duplicates": _READ_JOB,
    "cancel_job": _WRITE_JOB,
    "pause_job": _WRITE_JOB,
    "resume_job": _WRITE_JOB,
    "retry_job": _WRITE_JOB,
    "stream_events": _LISTED,
    # Images.
    "list_images": _READ,
    "get_image": _READ,
    "get_image_content": Rule("read", Place.PATH, signed=True),
    "get_image_thumbnail": Rule("read", Place.PATH, signed=True),
    "list_facets": _READ,
    "update_image": _WRITE,
    "tag_images": _WRITE,
    "delete_image": _DELETE,
    "delete_images": _DELETE,
    # Searches. Stored images that are examples are looked up in the collection of the path alone.
    "search_images": _READ,
    "find_similar_images": _READ,
    "search_by_vector": _READ,
    "query_images": _READ,
    "query_images_in_batch": _READ,
    "count_images": _READ,
    # Duplicates. To resolve a group forgets images of it.
    "find_duplicates": _WRITE,
    "list_duplicates": _READ,
    "dismiss_duplicates": _WRITE,
    "resolve_duplicates": _DELETE,
    # The server. Its folders are for those who may load from them.
    "get_system": _LISTED,
    "list_folders": Rule("write", Place.LISTED),
    "get_metrics": _SERVER,
    "list_keys": _SERVER,
    "create_key": _SERVER,
    "delete_key": _SERVER,
    # A webhook is told of the jobs of every collection.
    "list_webhooks": _SERVER,
    "create_webhook": _SERVER,
    "get_webhook": _SERVER,
    "delete_webhook": _SERVER,
    "create_session": _OPEN,
    "delete_session": _OPEN,
    "get_liveness": _OPEN,
    "get_readiness": _OPEN,
    # v1.
    "article_train": Rule("write", Place.GIVEN),
    "article_process": _LISTED,
    "article_count": Rule("read", Place.GIVEN),
    "article_search": Rule("read", Place.GIVEN),
    "article_delete": Rule("delete", Place.GIVEN),
    "article_data": Rule("read", Place.LISTED, signed=True),
}

#: What an operation needs that nobody has thought of.
UNKNOWN = _SERVER
