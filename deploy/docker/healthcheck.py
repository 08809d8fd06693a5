"""Whether this container's worker is alive, by its heartbeat.

Usage: `python -m deploy.docker.healthcheck QUEUE [--or-redis-away]`.

Ends with status 0 if a process of this host that serves QUEUE sent a heartbeat within
`lease_seconds`; else, and if Redis does not answer, with status 1 and the reason. With
`--or-redis-away` it is 0 while Redis does not answer: whoever is to be killed for a failed check
would lose the work that it holds, and could do no better after its restart.
"""

import re
import socket
import sys

from shared.errors import Unavailable
from shared.ledger import Workers
from shared.redis import connect
from shared.settings import Settings, get_settings


def is_alive(queue: str, host: str, settings: Settings) -> bool:
    """Whether a live worker named `…@host` or `host:…` serves `queue`. Raises Unavailable."""
    redis = connect(settings)
    try:
        alive = Workers(redis, settings).list_alive()
    finally:
        redis.close()
    return any(w.queue == queue and host in re.split("[@:]", w.name) for w in alive)


def main() -> int:
    queue, *options = sys.argv[1:]
    host, status = socket.gethostname(), 1
    try:
        if is_alive(queue, host, get_settings()):
            return 0
        why = f"no worker of {host} serves the queue {queue}"
    except Unavailable as error:
        why = f"Redis does not answer: {error.__cause__ or error}"
        status = 0 if "--or-redis-away" in options else 1
    sys.stderr.write(f"{why}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
