"""The ledger's transactions, which are Lua files: each is atomic, and does nothing the second time.

Lookalike speaks to one Redis and not to a cluster, so keys made inside a script are allowed.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent / "lua"
_PRELUDE = (_FOLDER / "prelude.lua").read_text()


def _on_job(name: str) -> str:
    """A transaction on a job; `keys.for_job` makes its KEYS."""
    return _PRELUDE + _alone(name)


def _alone(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text()


CREATE_JOB = _on_job("create_job")
ADD_FILES = _on_job("add_files")
CLAIM_CHUNK = _on_job("claim_chunk")
RELEASE_CHUNK = _on_job("release_chunk")
ACCOUNT_FILES = _on_job("account_files")
COMPLETE_CHUNK = _on_job("complete_chunk")
END_JOB = _on_job("end_job")
SET_PAUSED = _on_job("set_paused")
RECOVER_JOB = _on_job("recover_job")
REVOKE_LEASE = _on_job("revoke_lease")
BEGIN_SCAN = _on_job("begin_scan")
ADD_CHUNKS = _on_job("add_chunks")
RECORD_SCAN = _on_job("record_scan")
RECORD_REMOVAL = _on_job("record_removal")
END_WALK = _on_job("end_walk")
SUSPEND_SCAN = _on_job("suspend_scan")
FINISH_SCAN = _on_job("finish_scan")
CLAIM_CONTENTS = _on_job("claim_contents")
RELEASE_CONTENTS = _on_job("release_contents")
CLAIM_MOVES = _on_job("claim_moves")
FIND_MOVES = _on_job("find_moves")
NOTE_WAITING = _on_job("note_waiting")
NOTE_ONCE = _on_job("note_once")
RECORD_CALIBRATION = _on_job("record_calibration")
RECORD_FILESYSTEMS = _on_job("record_filesystems")
KEEP_ROWS = _on_job("keep_rows")
FIND_REMEMBERED = _on_job("find_remembered")
READ_FAILURES = _on_job("read_failures")
PACK_FAILURES = _on_job("pack_failures")
LOCK_ROWS = _on_job("lock_rows")
UNLOCK_ROWS = _on_job("unlock_rows")
COUNT_WRITERS = _on_job("count_writers")
RECORD_TIES = _on_job("record_ties")
RECORD_COPY = _on_job("record_copy")
ADD_GROUPS = _on_job("add_groups")
PUBLISH_GROUPS = _on_job("publish_groups")

BEGIN_RENAMING = _alone("begin_renaming")
END_RENAMING = _alone("end_renaming")
BEGIN_DROP = _alone("begin_drop")
PAGE_GROUPS = _alone("page_groups")
SHRINK_GROUP = _alone("shrink_group")
FIND_JOBS = _alone("find_jobs")
HEARTBEAT = _alone("heartbeat")
ADMIT_QUERY = _alone("admit_query")
SEND_QUERY = _alone("send_query")
TAKE_QUERY = _alone("take_query")
WITHDRAW_QUERY = _alone("withdraw_query")
PUT_QUERY_IMAGE = _alone("put_query_image")
REPLY_QUERY = _alone("reply_query")
PUT_SOURCE = _alone("put_source")
ADVANCE_SOURCE = _alone("advance_source")
NOTE_SOURCE_JOB = _alone("note_source_job")
TAKE_MESSAGE = _alone("take_message")
SETTLE_MESSAGE = _alone("settle_message")
RELEASE_WATCHER = _alone("release_watcher")
