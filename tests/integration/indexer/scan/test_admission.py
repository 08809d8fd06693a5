"""Short scans find a free thread."""

from indexer.scan.admission import ScanAdmission
from shared.domain.job import DirectorySource, UploadSource
from tests.integration.indexer.loads import Loads


def test_a_quarter_of_the_threads_is_kept_free_of_directories(loads: Loads) -> None:
    jobs = loads.jobs
    admission = ScanAdmission(8)
    directory = loads.job(source=DirectorySource(path=str(loads.root)))
    upload = loads.job(source=UploadSource(files=0))
    held = [admission.take(directory, jobs) for _ in range(7)]
    assert [hold.__enter__() for hold in held] == [True] * 6 + [False]
    with admission.take(upload, jobs) as taken:
        assert taken
    with admission.take("no-such-job", jobs) as taken:
        assert taken
    for hold in held:
        hold.__exit__(None, None, None)
    with admission.take(directory, jobs) as taken:
        assert taken
    with ScanAdmission(1).take(directory, jobs) as taken:
        assert taken
