"""Spans: none where they are not wanted, one trace where they are."""

import subprocess
import sys

import pytest

from shared import tracing
from shared.settings import Settings


def test_without_an_address_nothing_is_imported() -> None:
    code = (
        "import sys\n"
        "from shared import ledger, log, queue, tracing\n"
        "from shared.settings import Settings\n"
        "settings = Settings()\n"
        "tracing.start(settings, 'gateway')\n"
        "with tracing.span('nothing', parent='00-1-2-01'):\n"
        "    assert tracing.traceparent() is None\n"
        "    assert tracing.trace_id() is None\n"
        "tracing.annotate(a=1)\n"
        "tracing.stop()\n"
        # redis-py imports the API and the metrics of the SDK by itself, where they are installed.
        "parts = ('opentelemetry.exporter', 'opentelemetry.instrumentation', 'shared.tracing.')\n"
        "assert not [name for name in sys.modules if name.startswith(parts)]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_address_without_the_packages_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shared.tracing.opentelemetry", None)

    with pytest.raises(tracing.TelemetryMissing, match="telemetry"):
        tracing.start(Settings(otlp_endpoint="http://127.0.0.1:4318"), "gateway")
