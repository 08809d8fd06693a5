import pytest

from indexer.sources.patterns import Pattern


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
