import pytest

from indexer.sources.patterns import Pattern, Selection


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.jpg", "a.jpg", True),
        ("*.jpg", "a/b/c.JPG", True),
        ("*.JPG", "a.jpg", True),
        ("*.jpg", "a.jpg.txt", False),
        ("a/*.jpg", "a/b.jpg", True),
        ("a/*.jpg", "a/b/c.jpg", False),
        ("a/*.jpg", "x/a/b.jpg", False),
        ("a/**/*.jpg", "a/b.jpg", True),
        ("a/**/*.jpg", "a/b/c/d.jpg", True),
        ("**/b/*", "a/b/c", True),
        ("**/b/**", "a/b/c/d", True),
        ("**/b/c", "a/b/b/c", True),
        ("**", "a/b", True),
        ("./a/*", "a/b", True),
        ("/a/*", "a/b", True),
        ("img_????.png", "img_0001.png", True),
        ("img_????.png", "img_001.png", False),
        ("[ab]*", "b.jpg", True),
        ("[!ab]*", "b.jpg", False),
        ("[", "[", True),
        ("a+b(.jpg", "a+b(.jpg", True),
        ("ä*", "Ä.jpg", True),
        ("*", "\udcff\udcfe", True),
        ("*", "line\nfeed", True),
    ],
)
def test_what_a_pattern_means(pattern: str, path: str, expected: bool) -> None:
    assert Pattern(pattern).matches(path) is expected


def test_a_hostile_pattern_is_no_trap() -> None:
    pattern = Pattern("**/" * 60 + "*a*a*a*a*a*a*a*a*a*a*a*b")
    path = "/".join(["a" * 200] * 60)
    # An exponential match would run into the test's time-out.
    assert not pattern.matches(path)


@pytest.mark.parametrize(
    ("pattern", "exclude", "path", "expected"),
    [
        (None, [], "a.jpg", True),
        ("*.jpg", [], "a.png", False),
        (None, ["*.png"], "a.png", False),
        (None, ["*.png"], "a.jpg", True),
        (None, ["thumbs"], "2020/thumbs/a.jpg", False),
        (None, ["2020/thumbs"], "2021/2020/thumbs/a.jpg", True),
        (None, ["2020"], "2020-old/a.jpg", True),
        ("*.jpg", ["b.*", "c.*"], "a/c.jpg", False),
    ],
)
def test_what_a_source_is_about(
    pattern: str | None, exclude: list[str], path: str, expected: bool
) -> None:
    assert Selection(pattern, exclude).matches(path) is expected
