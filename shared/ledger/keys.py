"""The names of everything that the ledger keeps in Redis."""

from shared.domain.duplicates import GRADES

PREFIX = "lookalike:"
JOBS = f"{PREFIX}jobs"
ACTIVE = f"{PREFIX}jobs:active"
DIRECTORY_JOBS = f"{PREFIX}jobs:directory"
WORKERS = f"{PREFIX}workers"
ENCODER = f"{PREFIX}encoder"
STATS = f"{PREFIX}stats"
QUERIES = f"{PREFIX}queries"
QUERY_BYTES = f"{PREFIX}queries:bytes"
RECOVERY_LOCK = f"{PREFIX}recovery"
DELETED_UPLOADS = f"{PREFIX}uploads:deleted"
UPLOAD_SWEEP = f"{PREFIX}uploads:sweep"
SCHEDULE = f"{PREFIX}sources:schedule"
WATCHED = f"{PREFIX}sources:watched"
WATCHER = f"{PREFIX}sources:watcher"
DROPS = f"{PREFIX}collections:dropped"
WEBHOOKS = f"{PREFIX}webhooks"
WEBHOOKS_DUE = f"{PREFIX}webhooks:due"
CHANGES = f"{PREFIX}jobs:changes"
RENAMINGS = f"{PREFIX}collections:renaming"
ALIASES = f"{PREFIX}collections:aliases"
WORKER = f"{PREFIX}worker:"
API_KEYS = f"{PREFIX}keys"
API_KEYS_USED = f"{PREFIX}keys:used"
API_KEYS_VERSION = f"{PREFIX}keys:version"
SIGNING_SECRET = f"{PREFIX}keys:secret"
RATE_LIMITS = f"{PREFIX}limits"


def job(job_id: str, part: str = "") -> str:
    """`lookalike:job:{id}`, or one of its parts: chunks, leases, attempts, sent, files, …"""
    return f"{PREFIX}job:{job_id}" + (f":{part}" if part else "")


def lasting(job_id: str) -> list[str]:
    """The keys of a job that outlast its end."""
    parts = ("", "failures", "failure_blocks", "events", "chunks", "leases", "rate", "reported")
    return [job(job_id, part) for part in parts]


def for_job(job_id: str) -> list[str]:
    """The KEYS of a transaction on a job."""
    return [job(job_id), PREFIX]


def collection_jobs(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:jobs"


def contents(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:contents"


def filesystems(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:filesystems"


def sources(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:sources"


def source_jobs(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:sources:jobs"


def duplicates(collection: str, part: str = "") -> str:
    """What is computed of a collection's duplicates, or a part: groups, a grade."""
    return f"{PREFIX}collection:{collection}:duplicates" + (f":{part}" if part else "")


def dismissed(collection: str, generation: str) -> str:
    """What was dismissed of one collection, and not of a later one of the same name."""
    return duplicates(collection, f"dismissed:{generation}")


def calibration(collection: str) -> str:
    return f"{PREFIX}collection:{collection}:calibration"


def of_collection(collection: str) -> list[str]:
    """What is deleted with a collection and its jobs."""
    found = [contents(collection), filesystems(collection), calibration(collection)]
    parts = ("", "groups", *GRADES)
    return [*found, *(duplicates(collection, part) for part in parts)]


def webhook(webhook_id: str, part: str = "") -> str:
    """What became of a webhook's messages, or those that wait: messages."""
    return f"{PREFIX}webhook:{webhook_id}" + (f":{part}" if part else "")


def sent_queries(weights: str) -> str:
    return f"{PREFIX}queries:sent:{weights}"


def query(query_id: str, part: str) -> str:
    return f"{PREFIX}query:{query_id}:{part}"


def repeatable_call(digest: str) -> str:
    """A call that has an Idempotency-Key."""
    return f"{PREFIX}call:{digest}"
