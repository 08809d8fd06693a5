"""What names and folders say of which pictures belong together."""

from pathlib import Path

import numpy as np
import pytest

from encoder_worker.evaluation import evaluate as evaluation
from encoder_worker.evaluation.evaluate import score
from encoder_worker.evaluation.ground_truth import GroundTruth, NoGroundTruth, read
from tests.drawn import JPEG


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)
    return root


def found(truth: GroundTruth, which: str) -> list[str]:
    return [truth.paths[index].name for index in getattr(truth, which)]


def test_folders_are_classes(tmp_path: Path) -> None:
    folder(tmp_path, "a/1.jpg", "a/2.jpg", "b/c/3.jpg", "b/c/4.jpg", "b/5.jpg", ".hidden.jpg")
    (tmp_path / "a" / "list.txt").write_text("1.jpg")
    truth = read(tmp_path)
    assert truth.name == "folders as classes"
    assert truth.labels.tolist() == ["a", "a", "b", "b/c", "b/c"]
    # Nothing belongs to the only picture of a folder.
    assert found(truth, "queries") == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert len(truth.rows) == 5
    assert not truth.of_fours


def test_ukbench_has_four_of_each(tmp_path: Path) -> None:
    names = [f"ukbench{n:05}.jpg" for n in range(8)]
    truth = read(folder(tmp_path, *names))
    assert (truth.name, truth.of_fours) == ("UKBench", True)
    assert truth.labels.tolist() == ["0"] * 4 + ["1"] * 4
    assert len(truth.queries) == len(truth.rows) == 8
    assert not truth.only(range(7)).of_fours
    folder(tmp_path, "ukbench00008.jpg", "ukbench00009.jpg")
    assert not read(tmp_path).of_fours


def test_holidays_are_asked_for_by_the_first_of_a_scene(tmp_path: Path) -> None:
    truth = read(folder(tmp_path, "100000.jpg", "100001.jpg", "jpg/100100.jpg", "100101.jpg"))
    assert truth.name == "INRIA Holidays"
    assert sorted(found(truth, "queries")) == ["100000.jpg", "100100.jpg"]
    assert len(truth.rows) == 4
    assert sorted(set(truth.labels.tolist())) == ["1000", "1001"]


def test_copies_of_copydays_ask_for_their_originals(tmp_path: Path) -> None:
    copies = ("strong/200001.jpg", "crops/50/200000.jpg", "jpeg/3/200100.jpg")
    truth = read(folder(tmp_path, "original/200000.jpg", "original/200100.jpg", *copies))
    assert truth.name == "INRIA Copydays"
    assert [str(truth.paths[n].relative_to(tmp_path)) for n in truth.queries] == sorted(copies)
    assert found(truth, "rows") == ["200000.jpg", "200100.jpg"]


def test_a_folder_above_the_one_that_is_read_makes_no_originals(tmp_path: Path) -> None:
    copies = ("strong/200001.jpg", "strong/200101.jpg")
    root = folder(tmp_path / "original", "original/200000.jpg", "original/200100.jpg", *copies)
    truth = read(root)
    assert [str(truth.paths[n].relative_to(root)) for n in truth.queries] == list(copies)
    assert found(truth, "rows") == ["200000.jpg", "200100.jpg"]


def test_copydays_in_one_folder(tmp_path: Path) -> None:
    truth = read(folder(tmp_path, "200000.jpg", "200001.jpg", "200002.jpg", "200100.jpg"))
    assert found(truth, "queries") == ["200001.jpg", "200002.jpg"]
    assert found(truth, "rows") == ["200000.jpg", "200100.jpg"]


def test_where_nothing_belongs_together_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoGroundTruth, match="no picture under"):
        read(tmp_path)
    folder(tmp_path, "a/1.jpg", "b/2.jpg")
    with pytest.raises(NoGroundTruth, match="No two pictures belong together"):
        read(tmp_path)


def test_pictures_that_cannot_be_read_leave_with_what_needs_them(tmp_path: Path) -> None:
    truth = read(folder(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg"))
    left = truth.only([0, 1, 3])
    assert found(left, "queries") == ["1.jpg", "2.jpg"]
    assert found(left, "rows") == ["1.jpg", "2.jpg", "4.jpg"]
    with pytest.raises(NoGroundTruth):
        truth.only([0, 2])


def vectors(angles: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([[np.cos(a), np.sin(a)] for a in angles], np.float32)


@pytest.mark.parametrize("block", [1, 2, 256])
def test_a_score_is_that_of_all_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(evaluation, "_BLOCK", block)
    truth = read(folder(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg", "c/5.jpg"))
    scores = score(truth, vectors([0, 0.1, 0.22, 1, 0.15]), [1, 2])
    # 1 finds 2 first, 2 finds 5 and then 1, 3 finds 5, 2, 1 and then 4, 4 finds 3 first.
    assert scores.precisions == pytest.approx({1: 2 / 4, 2: 3 / 8})
    assert scores.mean_average_precision == pytest.approx((1 + 1 / 2 + 1 / 4 + 1) / 4)
    assert scores.n_s is None


def test_copies_are_looked_for_among_originals_alone(tmp_path: Path) -> None:
    truth = read(folder(tmp_path, "200000.jpg", "200001.jpg", "200002.jpg", "200100.jpg"))
    scores = score(truth, vectors([0, 0.1, 0.9, 1]), [1])
    assert scores.precisions == {1: 0.5}
    assert scores.mean_average_precision == pytest.approx((1 + 1 / 2) / 2)


def test_objects_of_four_have_a_score_up_to_four(tmp_path: Path) -> None:
    truth = read(folder(tmp_path, *(f"ukbench{n:05}.jpg" for n in range(8))))
    best = score(truth, vectors([0, 0.01, 0.02, 0.03, 1, 1.01, 1.02, 1.03]), [1])
    assert best == ({1: 1.0}, 1.0, 4.0)
