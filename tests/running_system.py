"""What tests ask a running system through its API, however it was started."""

from typing import Any

import httpx

from tests.services import wait_until


class RunningSystem:
    """A system whose gateway `client` calls."""

    client: httpx.Client

    def job(self, job_id: str) -> dict[str, Any]:
        reply = self.client.get(f"/api/v2/jobs/{job_id}")
        reply.raise_for_status()
        job: dict[str, Any] = reply.json()
        return job

    def wait_encoders(self, count: int, seconds: float = 120) -> list[dict[str, Any]]:
        """The live encoders of loads, once there are `count`."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            workers = self.client.get("/api/v2/system").json()["workers"]
            found[:] = [worker for worker in workers if worker["queue"] == "encode"]
            return len(found) == count

        wait_until(there, seconds, f"{count} encoders")
        return found
