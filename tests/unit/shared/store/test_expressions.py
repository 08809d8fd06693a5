import pytest

from shared.errors import InvalidRequest
from shared.store.expressions import and_, in_, prefix_range, quote


def test_a_value_cannot_break_out_of_its_quotes() -> None:
    assert quote('a" or id != "') == '"a\\" or id != \\""'
    assert quote("a\\") == '"a\\\\"'
    assert quote("line\nfeed") == '"line\\nfeed"'


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        quote("\ud800")
    assert refusal.value.code == "invalid_text"


@pytest.mark.parametrize(
    ("prefix", "upper"),
    [("ab", "ac"), ("a\ud7ff", "a\ue000"), ("a\U0010ffff", "b"), ("a/", "a0")],
)
def test_a_prefix_is_a_range(prefix: str, upper: str) -> None:
    assert prefix_range("uri", prefix) == f'uri >= "{prefix}" and uri < "{upper}"'


def test_a_prefix_without_anything_above_it_has_no_upper_end() -> None:
    assert prefix_range("uri", "\U0010ffff") == 'uri >= "\U0010ffff"'
    assert prefix_range("uri", "") == 'uri >= ""'


def test_conditions_are_joined() -> None:
    assert and_("", "a > 1", in_("id", ["x", "y"])) == '(a > 1) and (id in ["x","y"])'
    assert and_() == ""
