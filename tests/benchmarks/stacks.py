"""The systems that benchmarks measure."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shared.settings import Settings
from tests.benchmarks.options import Options
from tests.benchmarks.report import Report
from tests.services import MilvusLite, MilvusServer
from tests.stack import Stack, running_stack

OnStack = Callable[[Stack, Settings, dict[str, str]], Report]


def settings_of(folder: str, options: Options) -> Settings:
    """The settings of a benchmark, with a data folder of its own."""
    return Settings(
        data_dir=Path(folder) / "data", weights=options.weights, precision=options.precision
    )


def on_a_stack(
    options: Options,
    measure: OnStack,
    fill: Callable[[Path, Settings], None] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Report:
    """What `measure` reports of a whole system, whose store `fill` has filled before it starts."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "pictures"
        root.mkdir()
        used = settings_of(name, options)
        if fill is not None:
            fill(Path(name), used)
        own: dict[str, Any] = {
            "weights": used.weights,
            "precision": used.precision,
            "chunk_size": str(used.chunk_size),
            "max_pending_chunks": str(used.max_pending_chunks),
            "lease_seconds": str(used.lease_seconds),
            "log_level": used.log_level,
            **(settings or {}),
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
            return measure(stack, used, context)
