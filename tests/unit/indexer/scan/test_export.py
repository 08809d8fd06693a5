"""An export whose rows go away while it reads them; the stores are made up."""

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from indexer.scan.export import ExportRun
from shared.domain.collection import CollectionIdentity
from shared.domain.job import ExportSource
from shared.errors import JobFailed, NotFound, collection_not_found

BEFORE = CollectionIdentity(
    name="c", generation="g", fingerprint="f0", weights="w", pooling="avg", home="r1"
)


def run(tmp_path: Path, now: CollectionIdentity) -> None:
    context = MagicMock()
    context.spec.id, context.spec.collection, context.spec.generation = "1", "c", "g"
    stores = context.stores
    stores.settings.exports_dir = tmp_path
    stores.copies.steps.return_value = []
    stores.scans.note_edition.return_value = BEFORE.edition
    stores.collections.identity.side_effect = [BEFORE, now]
    stores.row_copies.images_after.side_effect = collection_not_found("r1")
    ExportRun(context, ExportSource(uploads=False)).run()


def test_rows_that_were_encoded_anew_are_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(JobFailed) as failed:
        run(tmp_path, BEFORE.model_copy(update={"home": "r2"}))
    assert failed.value.code == "reencoded"


@pytest.mark.parametrize(
    ("generation", "code"), [("g", "collection_not_found"), ("h", "collection_replaced")]
)
def test_rows_that_are_gone_with_their_collection(
    tmp_path: Path, generation: str, code: str
) -> None:
    with pytest.raises(NotFound) as failed:
        run(tmp_path, BEFORE.model_copy(update={"generation": generation}))
    assert failed.value.code == code
