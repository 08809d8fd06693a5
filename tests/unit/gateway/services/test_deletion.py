"""A deletion whose regions are left behind is a success, and is swept up after."""

from typing import Any
from unittest.mock import Mock

import pytest

from gateway.services.deletion import DeletionService, Ledger, Store
from shared.errors import Unavailable
from shared.store import RegionsLeft
from tests.integration.shared.store.samples import make_row

ROW = make_row(1)


class _Lock:
    """Notes the error that it is left with."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> Mock:
        return Mock()

    def __exit__(self, _: Any, error: BaseException | None, __: Any) -> None:
        self.error = error


def service(error: Unavailable) -> tuple[DeletionService, _Lock]:
    writer, images, locks, lock = Mock(), Mock(), Mock(), _Lock()
    images.get_many.return_value = {ROW.id: ROW}
    writer.delete.side_effect = error
    locks.hold.return_value = lock
    store = Store(Mock(), images, writer)
    return DeletionService(
        Mock(), store, Ledger(Mock(), locks, Mock(), Mock(), Mock()), Mock()
    ), lock


def test_the_image_is_gone_and_its_rows_stay_locked() -> None:
    left = RegionsLeft("milvus_unavailable", "Milvus is away.")
    deletion, lock = service(left)
    deletion.image("c", ROW.id)
    assert deletion.regions_left.is_set()
    # The lock is kept after an outage, which is what it has to see: a write may be under way.
    assert lock.error is left


def test_an_image_that_may_be_there_still_is_an_error() -> None:
    deletion, _ = service(Unavailable("milvus_unavailable", "Milvus is away."))
    with pytest.raises(Unavailable):
        deletion.image("c", ROW.id)
    assert not deletion.regions_left.is_set()
