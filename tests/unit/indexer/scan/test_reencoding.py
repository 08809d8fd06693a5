"""A re-encoding that is tried again after its end; the stores are made up."""

from unittest.mock import MagicMock

import pytest

from indexer.scan.reencoding import Reencoding
from shared.domain.collection import CollectionInfo, Edition, IndexSpec
from shared.domain.fingerprint import fingerprint
from shared.domain.job import ReencodingSource

FLAT = IndexSpec(type="FLAT")
KEPT = Edition(fingerprint="f0", pooling="avg", index=FLAT, job="1")


@pytest.mark.parametrize("kept", [KEPT, None])
def test_what_is_in_place_is_not_made_again(kept: Edition | None) -> None:
    context = MagicMock()
    context.spec.id, context.spec.collection, context.spec.generation = "1", "c", "g"
    context.retry.side_effect = lambda call, *args: call(*args)
    once = context.stores.with_retry.return_value
    once.collections.get.return_value = CollectionInfo(
        name="c",
        generation="g",
        fingerprint=fingerprint("w", "rmac"),
        weights="w",
        pooling="rmac",
        index=FLAT,
        home="r1",
        description="",
        count=1,
        created_at=0.0,
        kept=kept,
        state="loaded",
    )

    Reencoding(context, ReencodingSource(pooling="rmac", index=FLAT)).run()

    assert not once.editions.begin.called
    assert context.stores.scans.finish.called
