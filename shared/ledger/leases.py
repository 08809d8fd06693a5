"""The leases that a process holds, as the process itself knows them."""

import threading

from shared.domain.worker import HeldLeases, Lease


class LeaseRegistry:
    """For the heartbeat, which tells the ledger; the ledger may have lost what it answered.

    A token is held from before its claim is sent, so that no heartbeat denies a lease that the
    ledger has just given.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._held: dict[str, Lease | None] = {}

    def open(self, token: str | None = None) -> str:
        """Hold a new token, or this one again, before its claim is sent."""
        with self._lock:
            if token is None:
                self._last += 1
                token = str(self._last)
            self._held[token] = None
            return token

    def hold(self, lease: Lease) -> None:
        """Note the lease that was given for a token."""
        with self._lock:
            self._held[lease.token] = lease

    def close(self, token: str) -> None:
        """Hold a token no more."""
        with self._lock:
            self._held.pop(token, None)

    def close_chunk(self, job_id: str, chunk_id: str) -> None:
        """Hold no token of a chunk any more."""
        with self._lock:
            for token, lease in list(self._held.items()):
                if lease is not None and (lease.job, lease.chunk) == (job_id, chunk_id):
                    del self._held[token]

    def held(self) -> HeldLeases:
        """What is held now."""
        with self._lock:
            leases = tuple(lease for lease in self._held.values() if lease is not None)
            return HeldLeases(last=self._last, tokens=tuple(self._held), leases=leases)
