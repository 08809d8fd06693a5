"""Fitting the curves of match: from copies and strangers to probabilities."""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder_worker.encode import match_fitting
from encoder_worker.encode.every_descriptor import POOLINGS
from encoder_worker.encode.match_fitting import brier_score, fit, matches, sample_squares
from encoder_worker.encode.match_pairs import (
    DETAILS_PER_PICTURE,
    EDITS_PER_PICTURE,
    Pairs,
    Scored,
    Squares,
    compare,
    is_for_fitting,
    score_pairs,
    with_copies,
)
from encoder_worker.model.vgg16 import untrained
from shared.domain.match import name_with_regions, read_curves
from shared.domain.regions import REGIONS
from shared.errors import PictureError
from tests.drawn import draw_files

MAX_PIXELS = 10_000_000


def drawn_pairs(seed: int, count: int = 4000) -> Pairs:
    """Scores of which the higher ones are more often copies'."""
    dice = np.random.default_rng(seed)
    return Pairs(dice.beta(8, 1, count), dice.beta(6, 3, count))


def test_the_matches_of_drawn_scores_are_their_probabilities() -> None:
    curve, fresh = fit(drawn_pairs(1)), drawn_pairs(2)
    guess, truth = matches(curve, fresh.first_hits().scores), fresh.first_hits().truth
    for low in np.arange(0, 1, 0.2):
        inside = (guess >= low) & (guess < low + 0.2)
        assert truth[inside].mean() == pytest.approx(guess[inside].mean(), abs=0.06)
    base = truth.mean()
    assert brier_score(curve, fresh) < 0.9 * base * (1 - base)


def test_first_hits_are_the_original_or_the_nearest_stranger() -> None:
    hits = Pairs(np.array([0.9, 0.3]), np.array([0.5, 0.6])).first_hits()
    assert hits.scores.tolist() == [0.9, 0.6, 0.5, 0.6]
    assert hits.truth.tolist() == [1, 0, 0, 0]


def test_scores_that_never_overlap_have_a_curve_too() -> None:
    pairs = Pairs(np.array([0.95, 0.99, 1.0]), np.array([0.1, 0.3, 0.0]))
    curve = fit(pairs)
    assert brier_score(curve, pairs) < 0.05


def test_a_rise_of_the_wrong_sign_is_left_out() -> None:
    # The lowest first hits are originals, and the highest.
    low, high = np.linspace(0.002, 0.01, 50), np.linspace(0.9, 0.999, 150)
    strangers = np.concatenate([np.full(50, 0.001), np.linspace(0.3, 0.8, 150)])
    curve = fit(Pairs(np.concatenate([low, high]), strangers))
    assert curve.rise == 0
    assert curve.fall > 0


def test_strangers_above_copies_have_no_curve() -> None:
    pairs = drawn_pairs(1)
    with pytest.raises(ValueError, match="higher scores"):
        fit(Pairs(pairs.strangers, pairs.originals))


def test_a_stranger_is_the_nearest_other_picture() -> None:
    rows: NDArray[np.float32] = np.eye(3, dtype=np.float32)
    copies = np.array([[0.8, 0.6, 0.0], [0.8, 0.0, 0.6]], dtype=np.float32)
    pairs = compare(rows[:, None], copies, [0, 2])
    assert pairs.originals == pytest.approx([0.8, 0.6])
    assert pairs.strangers == pytest.approx([0.6, 0.8])


def test_of_several_vectors_of_a_picture_the_nearest_counts() -> None:
    axes: NDArray[np.float32] = np.eye(4, dtype=np.float32)
    rows = np.stack([axes[[0, 3]], axes[[1, 2]]])
    queries = np.array([[0.6, 0.0, 0.64, 0.48], [0.0, 0.6, 0.8, 0.0]], dtype=np.float32)
    pairs = compare(rows, queries, [0, 1])
    assert pairs.originals == pytest.approx([0.6, 0.8])
    assert pairs.strangers == pytest.approx([0.64, 0.0])


def test_copies_are_the_same_for_every_call(tmp_path: Path) -> None:
    (path,) = draw_files(tmp_path, 1)
    first, second = (with_copies(path.read_bytes(), MAX_PIXELS) for _ in range(2))
    assert len(first.copies) == EDITS_PER_PICTURE
    assert len(first.details) == DETAILS_PER_PICTURE
    assert len(first.regions) == len(REGIONS)
    made = [(*each.copies, *each.regions, *each.details) for each in (first, second)]
    for one, other in zip(*made, strict=True):
        assert one.shape == (224, 224, 3)
        assert (one == other).all()
    assert any((copy != first.picture).any() for copy in first.copies)
    with pytest.raises(PictureError):
        with_copies(path.read_bytes()[:100], MAX_PIXELS)


def test_one_half_of_the_pictures_is_sampled_once_each(tmp_path: Path) -> None:
    paths = draw_files(tmp_path, 12)
    (tmp_path / "again.jpg").write_bytes(paths[0].read_bytes())
    (tmp_path / "notes.txt").write_text("no picture")
    halves = {path.read_bytes() for path in paths}
    fitted = [content for content in halves if is_for_fitting(content)]
    assert 0 < len(fitted) < len(halves)
    assert len(list(sample_squares(tmp_path, MAX_PIXELS))) == len(fitted)


def test_every_pooling_has_scores_of_every_copy(tmp_path: Path) -> None:
    squares = [with_copies(path.read_bytes(), MAX_PIXELS) for path in draw_files(tmp_path, 2)]
    # A region that shows nothing has no vector: that of the whole is taken for it.
    nothing = np.zeros((224, 224, 3), np.uint8)
    fewer = [
        Squares(part.picture, part.copies[:2], [part.regions[0], nothing], part.details[:1])
        for part in squares
    ]
    found = score_pairs(untrained(), fewer)
    assert set(found) == set(POOLINGS)
    for scored in found.values():
        for pairs, count in zip(scored, (4, 4, 2), strict=True):
            assert len(pairs.originals) == len(pairs.strangers) == count
            assert (np.abs(np.concatenate(pairs)) <= 1 + 1e-6).all()
        # With more vectors of each picture no score is lower.
        for fewer_vectors, more in zip(scored.whole, scored.copies, strict=True):
            assert (more >= fewer_vectors - 1e-6).all()
    for scored in score_pairs(untrained(), []).values():
        assert [len(pairs.originals) for pairs in scored] == [0, 0, 0]


def test_the_command_writes_the_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Strangers are nearer where there are regions.
    whole, copies = drawn_pairs(3), drawn_pairs(4)
    copies = copies._replace(strangers=copies.strangers**0.8)
    found = dict.fromkeys(POOLINGS, Scored(whole, copies, drawn_pairs(5, 1000)))
    monkeypatch.setattr(match_fitting, "score_pairs", lambda *_: found)
    _run(monkeypatch, tmp_path)
    curves = read_curves(tmp_path / "curves.json")
    with_regions = {name_with_regions(name) for name in curves} & set(curves)
    assert len(with_regions) == len(POOLINGS)
    assert [name.split(":")[3] for name in curves if name not in with_regions] == sorted(POOLINGS)
    for name, curve in curves.items():
        expected = copies.joined(drawn_pairs(5, 1000)) if name in with_regions else whole
        assert curve == fit(expected)
    assert "rmac with regions: match" in capsys.readouterr().out


def test_the_command_says_why_there_is_no_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match="0 can be read"):
        _run(monkeypatch, tmp_path)
    with pytest.raises(SystemExit, match="no weight file"):
        _run(monkeypatch, tmp_path, "absent.safetensors")
    upside_down = Pairs(*reversed(drawn_pairs(1)))
    found = dict.fromkeys(POOLINGS, Scored(upside_down, upside_down, upside_down))
    monkeypatch.setattr(match_fitting, "score_pairs", lambda *_: found)
    with pytest.raises(SystemExit, match="No curve fits the scores of avg"):
        _run(monkeypatch, tmp_path)
    assert not (tmp_path / "curves.json").exists()


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, weights: str = "untrained") -> None:
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    command = ["match_fitting", weights, str(pictures), "--curves", str(folder / "curves.json")]
    monkeypatch.setattr(sys, "argv", command)
    match_fitting.main()
