"""A load with `report_duplicates` says what looks like a copy of something there before."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from encoder_worker.chunks import reporting
from shared.domain.duplicates import DuplicateReport
from shared.domain.job import Job
from shared.domain.match import MatchCurve
from shared.ledger import DuplicateReports
from shared.store import ImageWriter, Neighbours
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load

#: .9 at a cosine of .99 or so: drawn pictures are alike to untrained weights.
CURVE = MatchCurve(rise=0.0, fall=1.0, offset=-2.4)
ANY_IS_A_COPY = MatchCurve(rise=0.0, fall=1.0, offset=9.0)


@pytest.fixture(autouse=True)
def curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "curve_of", lambda _: CURVE)


def reports(load: Load, job: Job | str) -> list[tuple[str, str, str]]:
    """What was reported: the file's name, its grade, the id of what it looks like."""
    job_id = job if isinstance(job, str) else job.spec.id
    found, _ = DuplicateReports(load.redis).page(job_id, None, 100)
    return [(report.uri.rpartition("/")[2], report.grade, report.of) for report in found]


def edited(original: Path, name: str) -> Path:
    path = original.with_name(name)
    with Image.open(original) as picture:
        picture.resize((picture.width * 2, picture.height * 2)).save(path, quality=90)
    return path


def test_copies_of_what_is_there_are_reported(load: Load, drawn: Drawn) -> None:
    first, second = drawn(1), drawn(2)
    load.run(first, second)
    again, edit = drawn(1, "again.jpg"), edited(second, "edit.jpg")
    job = load.run(again, edit, drawn(3), report_duplicates=True)
    assert reports(load, job) == [
        ("again.jpg", "identical", load.row(first).id),
        ("edit.jpg", "copy", load.row(second).id),
    ]
    assert DuplicateReports(load.redis).count(job.spec.id) == 2
    assert reports(load, load.run(drawn(1, "more.jpg"))) == []


def test_what_looks_different_by_its_pixels_is_no_copy(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among those that were there and those of the chunk; where no hash is known, it is one."""
    monkeypatch.setattr(reporting, "curve_of", lambda _: ANY_IS_A_COPY)
    # Drawn pictures are alike to untrained weights.
    monkeypatch.setattr(reporting, "SURE", 2.0)
    monkeypatch.setattr("shared.domain.pixel_hash.SURE", 2.0)
    first = drawn(1)
    load.run(first)
    edit = edited(first, "edit.jpg")
    job = load.run(drawn(2), edit, drawn(3), report_duplicates=True)
    assert reports(load, job) == [("edit.jpg", "copy", load.row(first).id)]
    monkeypatch.setattr(Neighbours, "pixel_hashes_of", lambda *_: {})
    job = load.run(drawn(4), report_duplicates=True)
    assert [report[:2] for report in reports(load, job)] == [("4.jpg", "copy")]


def test_a_picture_is_no_copy_of_itself(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    load.run(path)
    edited(path, "1.jpg")
    job = load.run(path, report_duplicates=True)
    assert job.indexed == 1
    assert reports(load, job) == []


def test_of_the_files_of_a_chunk_the_later_ones_are_copies(load: Load, drawn: Drawn) -> None:
    first = drawn(1)
    job = load.run(first, drawn(1, "again.jpg"), drawn(2), report_duplicates=True)
    assert reports(load, job) == [("again.jpg", "identical", load.row(first).id)]


def test_what_is_left_out_as_a_duplicate_is_reported(load: Load, drawn: Drawn) -> None:
    first = drawn(1)
    load.run(first)
    files = [drawn(1, "again.jpg"), drawn(2), drawn(2, "twice.jpg")]
    job = load.run(*files, on_duplicate="skip", report_duplicates=True)
    assert (job.indexed, job.duplicates) == (1, 2)
    assert sorted(reports(load, job)) == [
        ("again.jpg", "identical", load.row(first).id),
        ("twice.jpg", "identical", load.row(files[1]).id),
    ]


def test_without_a_curve_equal_files_alone_are_reported(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "curve_of", lambda _: None)
    first = drawn(1)
    load.run(first)
    files = drawn(1, "again.jpg"), edited(first, "edit.jpg")
    job = load.run(*files, report_duplicates=True)
    assert [report[:2] for report in reports(load, job)] == [("again.jpg", "identical")]


def die_after_writing(load: Load, job_id: str, chunk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = ImageWriter.write

    def killed(*args: Any) -> None:
        write(*args)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(ImageWriter, "write", killed)
        worker = load.worker(name="lost")
        with pytest.raises(SystemExit):
            worker.work(job_id, chunk)
    load.redis.delete("lookalike:worker:lost")


def test_a_chunk_that_lost_its_worker_reports_each_file_once(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn(1)
    load.run(first)
    files = [drawn(1, "again.jpg"), drawn(2)]
    job_id, (chunk,) = load.job(files, report_duplicates=True)
    die_after_writing(load, job_id, chunk, monkeypatch)
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 2
    assert reports(load, job_id) == [("again.jpg", "identical", load.row(first).id)]


def test_a_chunk_that_lost_its_worker_is_no_copy_of_what_came_after_it(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn(1)
    load.run(drawn(2))
    files = [first, drawn(2, "two.jpg")], [drawn(1, "again.jpg")]
    job_id, (chunk, other) = load.job(*files, report_duplicates=True)
    die_after_writing(load, job_id, chunk, monkeypatch)
    load.worker().work(job_id, other)
    assert reports(load, job_id) == [("again.jpg", "identical", load.row(first).id)]
    load.worker().work(job_id, chunk)
    assert [report[0] for report in reports(load, job_id)] == ["again.jpg", "two.jpg"]


def test_one_search_is_made_for_a_chunk(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    nearest = Neighbours.nearest

    def counted(*args: Any, **named: Any) -> Any:
        asked.append(len(args[3]))
        return nearest(*args, **named)

    monkeypatch.setattr(Neighbours, "nearest", counted)
    load.run(*(drawn(number) for number in range(5)), report_duplicates=True)
    assert asked == [5]
    load.run(drawn(6))
    assert asked == [5]


def test_reports_beyond_the_limit_are_counted(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ledger.chunks.MAX_REPORTS", 1)
    files = [drawn(1, f"{name}.jpg") for name in "abc"]
    job = load.run(*files, report_duplicates=True)
    store = DuplicateReports(load.redis)
    found, cursor = store.page(job.spec.id, None, 10)
    assert (len(found), cursor, store.count(job.spec.id)) == (1, None, 2)
    assert isinstance(found[0], DuplicateReport)
