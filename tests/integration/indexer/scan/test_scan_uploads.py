"""Uploads are loaded from the ledger's list of them."""

from shared.domain.job import UploadSource
from shared.store import Images
from tests.integration.indexer.loads import Loads, upload_ref


def test_uploads_are_listed_by_the_ledger(loads: Loads, images: Images) -> None:
    files = [upload_ref(n) for n in range(5)]
    job = loads.load(source=UploadSource(files=6), files=[*files, files[0]])
    # The same picture twice in one upload is one picture.
    assert (job.status, job.total, job.indexed, job.unchanged) == ("done", 6, 5, 1)
    sent = [ref for claim in loads.claims for ref in claim.files]
    assert sorted(ref.name or "" for ref in sent) == [f"holiday {n}.jpg" for n in range(5)]
    # Stored anew, an upload has another time, and is the same picture all the same.
    again = [ref.model_copy(update={"mtime_ns": 99}) for ref in files]
    job = loads.load(source=UploadSource(files=5), files=again)
    assert (job.indexed, job.unchanged) == (0, 5)
    assert len(images.get_many(loads.collection, [ref.id for ref in files])) == 5


def test_more_uploads_than_one_page_of_the_ledger(loads: Loads) -> None:
    files = [upload_ref(n) for n in range(1203)]
    settings = loads.settings.model_copy(update={"chunk_size": 500, "max_pending_chunks": 9})
    job_id = loads.job(source=UploadSource(files=1203), files=files)
    job = loads.finish(job_id, loads.indexer(settings))
    assert (job.status, job.total, job.indexed) == ("done", 1203, 1203)


def test_a_known_upload_with_tags_goes_to_an_encoder(loads: Loads) -> None:
    files = [upload_ref(n) for n in range(3)]
    loads.load(source=UploadSource(files=3), files=files)
    for given in ({"tags": ("red",)}, {"metadata": {"shelf": 4}}):
        loads.claims.clear()
        job = loads.load(source=UploadSource(files=3), files=files, **given)
        assert job.unchanged == 0
        assert sum(len(claim.files) for claim in loads.claims) == 3
