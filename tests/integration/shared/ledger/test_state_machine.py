"""Random histories of jobs over a real Valkey and the real scripts, with a model as the oracle."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from shared.ledger import chunks, failures
from shared.settings import Settings
from tests.integration.shared.ledger.chunk_rules import ChunkRules
from tests.integration.shared.ledger.image_rules import ImageRules
from tests.integration.shared.ledger.job_rules import JobRules
from tests.integration.shared.ledger.lease_rules import LeaseRules
from tests.integration.shared.ledger.model import FEW
from tests.integration.shared.ledger.scan_rules import ScanRules
from tests.services import Valkey

#: Histories of one test; `make soak` asks for thousands.
HISTORIES = int(os.environ.get("LOOKALIKE_TEST_HISTORIES", "100"))
STEPS = 40
RETENTION_DAYS = 1.0


class Machine(JobRules, ScanRules, ChunkRules, LeaseRules, ImageRules):
    """Every call may come twice, late, or from a process that is held to be dead."""


def test_every_history_agrees_with_the_model(
    tmp_path: Path, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_REMEMBERED", FEW)
    monkeypatch.setattr(failures, "BLOCK", FEW)
    valkey = Valkey(tmp_path / "valkey")
    try:
        # Workers die when a history says so, not when it takes long.
        url = {
            "redis_url": valkey.url,
            "job_retention_days": RETENTION_DAYS,
            "lease_seconds": 3600.0,
        }
        Machine.valkey = valkey
        Machine.base = Settings.model_validate({**base_settings.model_dump(), **url})
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=STEPS,
                deadline=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        valkey.stop()
