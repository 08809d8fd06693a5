"""Whether this container's worker lives, by its heartbeat.

Usage: `python -m deploy.docker.healthcheck QUEUE`.

Ends with status 0 when a process of this host that serves QUEUE spoke within `lease_seconds`, and
with 1, and a sentence why, when none did or Redis did not answer.
"""

import re
import socket
import sys

from shared.errors import Unavailable
from shared.ledger import Workers
from shared.redis import connect
from shared.settings import Settings, get_settings


def is_alive(queue: str, host: str, settings: Settings) -> bool:
    """Whether a worker named `…@host` or `host:…` lives and serves `queue`. Raises Unavailable."""
    redis = connect(settings)
    try:
        living = Workers(redis, settings).list_alive()
    finally:
        redis.close()
    return any(w.queue == queue and host in re.split("[@:]", w.name) for w in living)


def main() -> int:
    queue, host = sys.argv[1], socket.gethostname()
    try:
        if is_alive(queue, host, get_settings()):
            return 0
        why = f"no worker of {host} serves the queue {queue}"
    except Unavailable as error:
        why = f"Redis does not answer: {error.__cause__ or error}"
    sys.stderr.write(f"{why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
