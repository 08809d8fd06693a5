"""Report the state of the stack on the terminal: its addresses, and which parts do not answer."""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from shared.settings import Settings

_PARTS = ("redis", "milvus", "encoder")
#: The logs to read when a part does not answer.
_LOGS = {
    "gateway": ("gateway",),
    "redis": ("valkey",),
    "milvus": ("milvus",),
    "encoder": ("query", "encoder"),
}
#: Longer than the gateway itself waits for a part.
_TIMEOUT = 6
#: Seconds between two checks, before the stack was ready and after.
_STARTING, _RUNNING = 0.5, 5.0
_REMIND = 60.0


def say(text: str) -> None:
    """Print one message. The terminal may have been closed."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        # Otherwise the flush at exit would raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class StatusReporter:
    """Asks the gateway for the state of its parts, and prints every change."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._logs = settings.data_dir / "logs"
        self._was_ready = False
        self._away: frozenset[str] = frozenset()
        self._next_check = 0.0
        self._next_reminder = time.monotonic() + _REMIND
        keys = settings.api_keys
        self._headers = {"X-API-Key": keys[0].get_secret_value()} if keys else {}

    @property
    def url(self) -> str:
        """The page's address on this machine."""
        host = self._settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"

    def started(self) -> None:
        """Announce the start, which takes seconds, and longer the first time."""
        say(f"Starting Lookalike on {self.url}; the first start takes longest. Logs: {self._logs}")

    def check(self) -> None:
        """Check the parts if a check is due, and print what changed."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + (_RUNNING if self._was_ready else _STARTING)
        away = self._parts_away()
        if not self._was_ready:
            self._report_start(away, now)
        elif away != self._away:
            say(f"Away: {self._named(away)}" if away else "Everything answers again.")
        self._away = away

    def _report_start(self, away: frozenset[str], now: float) -> None:
        if not away:
            self._was_ready = True
            say(self._addresses())
        elif self._away != away and "gateway" not in away:
            say(f"  waiting for: {', '.join(sorted(away))}")
        elif now >= self._next_reminder:
            self._next_reminder = now + _REMIND
            say(f"Still waiting for: {self._named(away)}")

    def _parts_away(self) -> frozenset[str]:
        readiness = self._get("/health/ready")
        if readiness is None:
            return frozenset({"gateway"})
        return frozenset(part for part in _PARTS if readiness[part]["state"] != "ok")

    def _named(self, parts: frozenset[str]) -> str:
        logs = [str(self._logs / f"{log}.log") for part in sorted(parts) for log in _LOGS[part]]
        return f"{', '.join(sorted(parts))}; see {' and '.join(logs)}"

    def _addresses(self) -> str:
        system = self._get("/api/v2/system") or {}
        weights = system.get("weights") or "unknown"
        if system.get("untrained"):
            weights += " (random: enough to try things out; see LOOKALIKE_WEIGHTS)"
        lines = (
            ("Page", f"{self.url}/"),
            ("API", f"{self.url}/docs"),
            ("Pictures", ", ".join(map(str, self._settings.image_roots))),
            ("Data", str(self._settings.data_dir)),
            ("Logs", str(self._logs)),
            ("Weights", weights),
        )
        table = "\n".join(f"  {name:<10}{value}" for name, value in lines)
        return f"Lookalike is ready; Ctrl-C stops it.\n{table}"

    def _get(self, path: str) -> dict[str, Any] | None:
        """The gateway's JSON, or None when it does not answer with any."""
        request = urllib.request.Request(self.url + path, headers=self._headers)  # noqa: S310 - http
        try:
            with _DIRECT.open(request, timeout=_TIMEOUT) as reply:
                body = reply.read()
        except urllib.error.HTTPError as error:
            # The body of a 503 names the parts that do not answer.
            body = error.read()
        except (OSError, http.client.HTTPException):
            return None
        try:
            document: dict[str, Any] = json.loads(body)
        except ValueError:
            return None
        return document if "status" in document or "weights" in document else None


#: Ignores proxies that the environment names: the gateway is on this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
