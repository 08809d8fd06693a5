"""The ledger: all that Redis knows of jobs, chunks, events, workers and queries.

The ledger is the truth and a Celery message only a hint: a chunk exists until it is reported,
whichever processes were killed and however often its message was delivered. On an outage every call
raises Unavailable, as clients of `shared.redis` do.
"""

from shared.ledger.chunks import Chunks
from shared.ledger.content_claims import ContentClaims
from shared.ledger.events import AsyncEvents, Events
from shared.ledger.filesystems import Filesystems
from shared.ledger.heartbeat import Heartbeat
from shared.ledger.jobs import JobEnded, Jobs
from shared.ledger.moves import MoveRequest, Moves
from shared.ledger.queries import Queries, await_reply
from shared.ledger.recovery import JobRecovery
from shared.ledger.scans import ScanCounts, Scans, ScanStart, ScanSuperseded
from shared.ledger.stats import Stats
from shared.ledger.workers import Workers

__all__ = [
    "AsyncEvents",
    "Chunks",
    "ContentClaims",
    "Events",
    "Filesystems",
    "Heartbeat",
    "JobEnded",
    "JobRecovery",
    "Jobs",
    "MoveRequest",
    "Moves",
    "Queries",
    "ScanCounts",
    "ScanStart",
    "ScanSuperseded",
    "Scans",
    "Stats",
    "Workers",
    "await_reply",
]
