"""A running system for a benchmark."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.settings import Settings
from tests.benchmarks.options import Options
from tests.benchmarks.report import Report
from tests.services import MilvusLite, MilvusServer
from tests.stack import Stack, running_stack

OnStack = Callable[[Stack, Settings, dict[str, str]], Report]


def on_a_stack(
    options: Options, measure: OnStack, fill: Callable[[Path, Settings], None] | None = None
) -> Report:
    """Measure on a stack of its own with one encoder; `fill` its folder before it is started."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "pictures"
        root.mkdir()
        settings = settings_in(name, options)
        if fill is not None:
            fill(Path(name), settings)
        own: dict[str, Any] = {
            "weights": settings.weights,
            "precision": settings.precision,
            "chunk_size": str(settings.chunk_size),
            "max_pending_chunks": str(settings.max_pending_chunks),
            "lease_seconds": str(settings.lease_seconds),
            "log_level": settings.log_level,
        }
        store = MilvusServer if options.server else MilvusLite
        with running_stack(Path(name), root, store=store, **own) as stack:
            (worker,) = stack.wait_encoders(1)
            weights = stack.client.get("/api/v2/system").json()["weights"]
            facts = {name: str(worker[name]) for name in ("device", "runtime", "precision")}
            context = {
                "weights": weights,
                **facts,
                "store": "Milvus server 2.3.5" if options.server else "milvus-lite",
            }
            return measure(stack, settings, context)


def settings_in(folder: str, options: Options) -> Settings:
    """The settings of what is measured, with its data in a folder."""
    return Settings(
        data_dir=Path(folder) / "data", weights=options.weights, precision=options.precision
    )
