"""Expressions as text; what they find is in the tests of agreement with a store."""

from typing import Any

import pytest

from shared.domain.filter import Filter
from shared.domain.image import ImageFilter, image_id
from shared.files.uris import file_uri
from shared.store.filter_compiler import expression
from shared.store.filters import filter_expression, matches
from tests.integration.shared.store.samples import make_row


def compiled(**condition: Any) -> str:
    return expression(Filter.model_validate({"must": [condition]}))


def test_a_filter_without_conditions_means_all() -> None:
    assert expression(Filter()) == ""
    assert filter_expression(ImageFilter(where=Filter())) == ""


def test_conditions_are_joined() -> None:
    given = {
        "must": [{"field": "width", "any": [1, 2]}],
        "should": [{"field": "tags", "any": ["a"]}, {"must": [{"field": "id", "any": ["x"]}]}],
        "must_not": [{"field": "format", "any": ["png"]}],
    }
    assert expression(Filter.model_validate(given)) == (
        '(width in [1,2]) and ((array_contains_any(tags, ["a"])) or ((id in ["x"]))) '
        'and (not (format in ["png"]))'
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "tags", "any": ['a" or id != "']}, '["a\\" or id != \\""]'),
        ({"field": "job", "any": ["\\"]}, 'job in ["\\\\"]'),
        ({"field": "uri", "any": ["/a b"]}, f'id in ["{image_id("file:///a%20b")}"]'),
        ({"field": "metadata.a b.c", "any": ["%"]}, 'metadata["a b"]["c"] == "%"'),
        ({"field": "metadata.a", "any": [True]}, 'metadata["a"] == true'),
        (
            {"field": "metadata.a", "any": [1, -0.5]},
            'json_contains_any(metadata["a"], [1,1.0,-0.5])',
        ),
        ({"field": "metadata.a", "exists": True}, 'not (not (exists metadata["a"]))'),
        ({"field": "tags", "exists": False}, "array_length(tags) == 0"),
        ({"field": "width", "exists": False}, 'id == ""'),
        ({"field": "added_at", "range": {"gt": "1970-01-01T00:00:01Z"}}, "added_at > 1000000"),
        ({"field": "modified_at", "range": {"gt": "1970-01-01T00:00:01Z"}}, ">= 1000001000"),
        ({"field": "modified_at", "range": {"lte": "9999-01-01T00:00:00Z"}}, str(2**63 - 1)),
    ],
)
def test_each_condition(condition: dict[str, Any], expected: str) -> None:
    assert expected in compiled(**condition)


def test_what_is_missing_is_not_unknown_below_a_negation() -> None:
    given = {"must_not": [{"must": [{"field": "metadata.a", "range": {"gt": 1}}]}]}
    assert expression(Filter.model_validate(given)) == (
        '(not (((not (not (exists metadata["a"]))) and ((metadata["a"] > 1)))))'
    )
    assert "exists" not in compiled(field="metadata.a", range={"gt": 1})


def test_a_folder_is_not_its_sibling() -> None:
    folder = Filter.model_validate({"must": [{"folder": "/photos/2020"}]})
    wanted = ImageFilter(where=folder)
    assert 'uri >= "file:///photos/2020/"' in filter_expression(wanted)
    for path, expected in [
        ("/photos/2020/a.jpg", True),
        ("/photos/2020/b/c.jpg", True),
        ("/photos/2020", True),
        ("/photos/2020-old/a.jpg", False),
        ("/photos/20201/a.jpg", False),
        ("/photos/a.jpg", False),
    ]:
        assert matches(make_row(1, uri=file_uri(path)), wanted) is expected, path


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "metadata.flag", "any": [1]}, False),
        ({"field": "metadata.flag", "any": [True]}, True),
        ({"field": "metadata.one", "any": [True]}, False),
        ({"field": "metadata.one", "any": [1.0]}, True),
        ({"field": "metadata.one", "any": ["1"]}, False),
        ({"field": "metadata.list", "any": [2, "b"]}, True),
        ({"field": "metadata.list", "any": [True]}, False),
        ({"field": "metadata.list.0", "exists": True}, None),
        ({"field": "metadata.deep.er", "exists": True}, True),
        ({"field": "metadata.deep.est", "exists": True}, False),
        ({"field": "metadata.null", "exists": True}, False),
        ({"field": "metadata.one", "range": {"lt": "b"}}, False),
    ],
)
def test_json_compares_with_its_own_kind(condition: dict[str, Any], expected: bool | None) -> None:
    metadata = {"flag": True, "one": 1, "list": [1, "b"], "deep": {"er": 0}, "null": None}
    row = make_row(1, metadata=metadata)
    if expected is None:
        with pytest.raises(ValueError, match="digits"):
            compiled(**condition)
        return
    wanted = ImageFilter(where=Filter.model_validate({"must": [condition]}))
    assert matches(row, wanted) is expected
