"""The ledger: all that Redis knows of jobs, chunks, events, workers and queries.

The ledger is the truth and a Celery message only a hint: a chunk exists until it is reported,
whoever was killed and however often its message was delivered.
"""

from shared.ledger.chunks import Chunks
from shared.ledger.events import Event, Events
from shared.ledger.heartbeat import Heartbeat
from shared.ledger.jobs import Jobs
from shared.ledger.queries import Queries, await_reply
from shared.ledger.scans import ScanCounts, ScanEnded, Scans, ScanStart, ScanSuperseded
from shared.ledger.stats import Stats
from shared.ledger.workers import Workers

__all__ = [
    "Chunks",
    "Event",
    "Events",
    "Heartbeat",
    "Jobs",
    "Queries",
    "ScanCounts",
    "ScanEnded",
    "ScanStart",
    "ScanSuperseded",
    "Scans",
    "Stats",
    "Workers",
    "await_reply",
]
