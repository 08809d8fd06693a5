"""The curves of match: monotone, within bounds, and inverted without loss."""

import json
import math
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.fingerprint import Pooling, fingerprint
from shared.domain.match import (
    CURVES,
    MatchCurve,
    curve_of,
    name_with_regions,
    read_curves,
    with_least_score,
    write_curves,
)
from shared.domain.query import SearchParameters
from shared.domain.regions import LAYOUT
from shared.errors import InvalidRequest

BUNDLED = [fingerprint("imagenet-4a1ffb70", pooling) for pooling in get_args(Pooling)]
UNKNOWN = fingerprint("untrained-0123abcd", "rmac")

#: As a search gives them.
scores = st.floats(-1, 1).map(lambda score: round(score, 6))
factors = st.floats(0, 50)
fitted_curves = st.builds(
    MatchCurve, rise=factors, fall=st.floats(0.01, 50), offset=st.floats(-50, 50)
)
shipped_curves = st.sampled_from(sorted(read_curves(CURVES).items())).map(lambda pair: pair[1])
curves = fitted_curves | shipped_curves


@given(curves, scores, scores)
def test_a_higher_score_has_no_lower_match(curve: MatchCurve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= curve.match(low) <= curve.match(high) <= 1


@given(curves, scores, st.floats(0, 1, exclude_min=True))
def test_the_least_score_divides_the_hits(curve: MatchCurve, score: float, least: float) -> None:
    bound = curve.least_score(least)
    assert 0 < bound <= 1
    assert curve.match(bound) >= least
    assert (score >= bound) == (curve.match(score) >= least)


@given(curves, scores)
def test_the_match_of_a_hit_does_not_exclude_the_hit(curve: MatchCurve, score: float) -> None:
    match = curve.match(score)
    if match > 0:
        assert curve.least_score(match) <= score


@given(curves)
def test_equal_vectors_match_and_opposite_ones_do_not(curve: MatchCurve) -> None:
    assert (curve.match(1), curve.match(0), curve.match(-1)) == (1, 0, 0)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_weights_have_a_curve_of_every_pooling(name: str) -> None:
    curve = curve_of(name)
    assert curve is not None
    assert curve.match(0.999) > 0.99
    assert curve.match(0.4) < 0.1


def test_there_are_curves_of_no_other_weights() -> None:
    assert {name.removesuffix(f":{LAYOUT}") for name in read_curves(CURVES)} == set(BUNDLED)
    assert curve_of(UNKNOWN) is None
    assert curve_of(UNKNOWN, regions=True) is None


def test_where_regions_are_searched_a_curve_of_their_own_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, parts = (MatchCurve(rise=0, fall=1, offset=offset) for offset in (0, -1))
    known = {"a": whole, name_with_regions("a"): parts, "fitted before": whole}
    monkeypatch.setattr("shared.domain.match._curves", lambda: known)
    assert (curve_of("a"), curve_of("a", regions=True)) == (whole, parts)
    assert curve_of("fitted before", regions=True) == whole
    wanted = SearchParameters(min_match=0.5)
    found = [with_least_score(wanted, "a", regions=regions).min_score for regions in (False, True)]
    assert found == [whole.least_score(0.5), parts.least_score(0.5)]
    assert found[0] != found[1]


def test_a_least_match_becomes_a_least_score() -> None:
    curve = curve_of(BUNDLED[0])
    assert curve is not None
    least = curve.least_score(0.5)
    wanted = SearchParameters(top_k=3, offset=2, min_match=0.5)
    assert with_least_score(wanted, BUNDLED[0]) == wanted.model_copy(update={"min_score": least})


def test_the_stricter_of_two_bounds_holds() -> None:
    lenient = SearchParameters(min_match=0.5, min_score=0.01)
    strict = SearchParameters(min_match=0.5, min_score=0.9999)
    found = with_least_score(lenient, BUNDLED[0]).min_score
    assert found is not None
    assert 0.01 < found < 0.9999
    assert with_least_score(strict, BUNDLED[0]).min_score == 0.9999


def test_a_least_match_of_zero_leaves_out_nothing() -> None:
    wanted = SearchParameters(min_match=0)
    assert with_least_score(wanted, BUNDLED[0]).min_score is None


def test_vectors_without_a_curve_have_no_least_match() -> None:
    plain = SearchParameters(min_score=0.5)
    assert with_least_score(plain, UNKNOWN) == plain
    for least in (0, 0.5):
        with pytest.raises(InvalidRequest, match="untrained-0123abcd") as caught:
            with_least_score(SearchParameters(min_match=least), UNKNOWN)
        assert caught.value.code == "no_match_curve"


@pytest.mark.parametrize(
    "wrong", [{"rise": -1}, {"fall": 0}, {"fall": -1}, {"offset": math.nan}, {"rise": math.inf}]
)
def test_a_curve_that_falls_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        MatchCurve.model_validate({"rise": 1.0, "fall": 1.0, "offset": 0.0, **wrong})


def test_curves_are_written_beside_those_of_other_weights(tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    first, second = (MatchCurve(rise=1, fall=fall, offset=0) for fall in (1, 2))
    write_curves({"b": first, "a": first}, path)
    write_curves({"b": second}, path)
    assert read_curves(path) == {"a": first, "b": second}
    assert list(json.loads(path.read_text())) == ["a", "b"]
