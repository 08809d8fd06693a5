"""The ledger: all that Redis knows of jobs, chunks, events, workers and queries.

The ledger is the truth and a Celery message only a hint: a chunk exists until it is reported,
whichever processes were killed and however often its message was delivered. On an outage every call
raises Unavailable, as clients of `shared.redis` do.
"""

from shared.ledger.api_keys import ApiKeys, AsyncApiKeys, KeyTable, key_not_found
from shared.ledger.calibrations import Calibrations
from shared.ledger.changes import JobChanges
from shared.ledger.chunks import Chunks
from shared.ledger.content_claims import ContentClaims
from shared.ledger.copies import Copies, CopyOutdated
from shared.ledger.drops import Drops
from shared.ledger.duplicate_groups import DuplicateGroups, Place, cursor_after, place_in
from shared.ledger.duplicate_reports import DuplicateReports
from shared.ledger.duplicate_ties import (
    DirectedTie,
    DismissalsChanged,
    DuplicateTies,
    Looked,
    Ties,
    TiesLost,
)
from shared.ledger.events import AsyncEvents, Events
from shared.ledger.eviction import EvictionEnabled, require_noeviction
from shared.ledger.failures import FailureLists
from shared.ledger.filesystems import Filesystems
from shared.ledger.heartbeat import Heartbeat
from shared.ledger.jobs import JobEnded, Jobs
from shared.ledger.moves import MoveRequest, Moves
from shared.ledger.queries import Queries, QueryImage, QueryLimits, await_reply
from shared.ledger.recovery import JobRecovery
from shared.ledger.renamings import Aliases, Renamings
from shared.ledger.repeatable_calls import CLAIM_SECONDS, RepeatableCalls
from shared.ledger.row_locks import REDIS_WRITE, HeldRows, LockTime, RowLock, RowLocks, edition_lock
from shared.ledger.scans import ScanCounts, Scans, ScanStart, ScanSuperseded
from shared.ledger.standing_sources import StandingSources, source_not_found
from shared.ledger.stats import Stats
from shared.ledger.upload_files import UploadFiles
from shared.ledger.webhooks import Webhooks, webhook_not_found
from shared.ledger.workers import Workers

__all__ = [
    "CLAIM_SECONDS",
    "REDIS_WRITE",
    "Aliases",
    "ApiKeys",
    "AsyncApiKeys",
    "AsyncEvents",
    "Calibrations",
    "Chunks",
    "ContentClaims",
    "Copies",
    "CopyOutdated",
    "DirectedTie",
    "DismissalsChanged",
    "Drops",
    "DuplicateGroups",
    "DuplicateReports",
    "DuplicateTies",
    "Events",
    "EvictionEnabled",
    "FailureLists",
    "Filesystems",
    "Heartbeat",
    "HeldRows",
    "JobChanges",
    "JobEnded",
    "JobRecovery",
    "Jobs",
    "KeyTable",
    "LockTime",
    "Looked",
    "MoveRequest",
    "Moves",
    "Place",
    "Queries",
    "QueryImage",
    "QueryLimits",
    "Renamings",
    "RepeatableCalls",
    "RowLock",
    "RowLocks",
    "ScanCounts",
    "ScanStart",
    "ScanSuperseded",
    "Scans",
    "StandingSources",
    "Stats",
    "Ties",
    "TiesLost",
    "UploadFiles",
    "Webhooks",
    "Workers",
    "await_reply",
    "cursor_after",
    "edition_lock",
    "key_not_found",
    "place_in",
    "require_noeviction",
    "source_not_found",
    "webhook_not_found",
]
