"""What a job's source may say."""

import pytest
from pydantic import ValidationError

from shared.domain.job import DeletionSource


def test_a_deletion_with_an_unknown_condition_is_refused() -> None:
    """An older version would leave the condition out, and delete more."""
    with pytest.raises(ValidationError):
        DeletionSource.model_validate({"kind": "deletion", "tag": "old", "newer": "condition"})
