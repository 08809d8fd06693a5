"""Parts of Milvus filter expressions, so that no value can break out of its quotes."""

from collections.abc import Iterable

from shared.domain.image import image_id
from shared.errors import InvalidRequest

_HIGHEST = "\U0010ffff"
_SURROGATES = range(0xD800, 0xE000)
#: Both milvus-lite and the server read these escapes, and everything else as it stands.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def quote(value: str) -> str:
    """A string literal. Raises InvalidRequest `invalid_text` for what UTF-8 cannot hold."""
    check_text(value)
    return f'"{value.translate(_ESCAPES)}"'


def check_text(value: str) -> None:
    """Raise InvalidRequest `invalid_text` when a string holds half a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("invalid_text", "The text is not valid Unicode.") from error


def in_(field: str, values: Iterable[str]) -> str:
    """`field in ["…", …]`."""
    return f"{field} in [{','.join(map(quote, values))}]"


def prefix_range(field: str, prefix: str) -> str:
    """A range, as `like` reads the `%` of percent-encoded uris as a wildcard."""
    lower = f"{field} >= {quote(prefix)}"
    upper = _after(prefix)
    return lower if upper is None else f"{lower} and {field} < {quote(upper)}"


def and_(*conditions: str) -> str:
    """All of the conditions that are not empty."""
    return " and ".join(f"({condition})" for condition in conditions if condition)


def below(uri: str) -> str:
    """A folder's pictures, those of its sub-folders too; or the one picture of this very uri.

    Never those of a folder whose name only begins alike.
    """
    if uri.endswith("/"):
        return prefix_range("uri", uri)
    return f"({named(uri)}) or ({prefix_range('uri', uri + '/')})"


def named(uri: str) -> str:
    check_text(uri)
    return f"id == {quote(image_id(uri))}"


def _after(prefix: str) -> str | None:
    """The smallest string above all that begin with `prefix`, in code point order."""
    head = prefix.rstrip(_HIGHEST)
    if not head:
        return None
    following = ord(head[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return head[:-1] + chr(following)
