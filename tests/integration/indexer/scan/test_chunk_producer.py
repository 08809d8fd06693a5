"""A scan stays ahead of the encoders by their work, not by a number of chunks."""

import threading

from tests.integration.indexer.loads import Loads
from tests.services import wait_until

FILES = 60


def test_few_chunks_wait_where_no_encoder_works_and_more_where_one_is_fast(loads: Loads) -> None:
    loads.put(*(f"{n:02}.jpg" for n in range(FILES)))
    settings = loads.settings.model_copy(update={"chunk_size": 1, "max_pending_chunks": 4096})
    job, indexer = loads.job(), loads.indexer(settings)
    scanning = threading.Thread(target=indexer.scan, args=(job,))
    scanning.start()
    wait_until(lambda: loads.pending(job), 10, "the first chunks")
    # All files are found long since.
    assert not threading.Event().wait(1)
    assert len(loads.pending(job)) == settings.min_pending_chunks

    # Sixteen chunks in a few seconds: more than there are could be done in thirty.
    loads.complete(job)
    wait_until(lambda: len(loads.pending(job)) == FILES - 16, 10, "all other chunks")
    loads.complete(job)
    scanning.join(20)
    assert not scanning.is_alive()
    assert loads.jobs.get(job).indexed == FILES
