import json

import pytest

from shared.domain.labels import LabelChange, merge_patch
from tests.integration.shared.store.samples import make_row


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        # The examples of RFC 7396, appendix A.
        ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
        ('{"a":"b"}', '{"a":null}', "{}"),
        ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
        ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
        ('["a","b"]', '["c","d"]', '["c","d"]'),
        ('{"a":"b"}', '["c"]', '["c"]'),
        ('{"a":"foo"}', "null", "null"),
        ('{"a":"foo"}', '"bar"', '"bar"'),
        ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
        ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
        ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
    ],
)
def test_a_merge_patch_is_that_of_the_rfc(target: str, patch: str, expected: str) -> None:
    given = json.loads(target)
    assert merge_patch(given, json.loads(patch)) == json.loads(expected)
    assert given == json.loads(target)


def test_tags_are_each_there_once_and_keep_their_order() -> None:
    row = make_row(1, tags=("a", "b"), metadata={"x": 1})
    assert LabelChange().apply(row) == row
    assert LabelChange(add=["c", "a"], remove=["b"]).apply(row).tags == ("a", "c")
    assert LabelChange(tags=["b", "b"]).apply(row).tags == ("b",)
    assert LabelChange(without_metadata=True).apply(row).metadata == {}
    assert LabelChange(metadata={"x": None, "y": 2}).apply(row).metadata == {"y": 2}
