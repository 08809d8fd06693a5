"""What a finished upload waits for before it is called searchable; the stores are made up."""

from unittest.mock import Mock

import pytest

from gateway.files.uploads import Received
from gateway.services.uploads import Searchable, UploadService
from shared.domain.collection import CollectionIdentity
from shared.errors import PictureError


@pytest.mark.parametrize("regions", [True, False])
def test_regions_are_searchable_too_where_there_are_any(regions: bool) -> None:
    collections, images, parts, jobs = Mock(), Mock(), Mock(), Mock()
    images.get_many.return_value = {}
    collections.identity.return_value = CollectionIdentity(
        name="c", fingerprint="f", weights="w", pooling="avg", generation="g", regions=regions
    )
    jobs.iter_failures.return_value = iter(())
    store = Searchable(collections, images, parts)
    service = UploadService(Mock(), Mock(), jobs, Mock(), store, Mock())
    with pytest.raises(PictureError):  # Its only file is no picture.
        service._finished_result(Mock(status="finished"), [Received("a.png", None, None)])
    assert [call.args for call in parts.await_writes.call_args_list] == [("c", "g")] * regions
