"""What a load leaves behind where it may not begin; the stores are made up."""

from unittest.mock import Mock

import pytest

from gateway.services.loads import LoadService
from shared.errors import Conflict
from shared.ledger import Renamings, keys


@pytest.mark.parametrize("key", [keys.RENAMINGS, keys.ALIASES])
def test_no_collection_is_made_of_a_name_that_is_being_given_up(key: str) -> None:
    redis, collections, jobs = Mock(), Mock(), Mock()
    redis.hexists.side_effect = lambda asked, name: (asked, name) == (key, "c")
    jobs.count_active.return_value = 0
    settings = Mock(queue_limit=1)
    loads = LoadService(settings, jobs, Mock(), collections, Mock(), Renamings(redis))
    with pytest.raises(Conflict) as refused:
        loads.check_can_queue("c")
    assert refused.value.code == "collection_busy"
    assert not collections.ensure.called
