"""Milvus filter expressions, put together so that no value can break out of its quotes."""

from collections.abc import Iterable

from shared.domain.image import ImageFilter, ImageRow, image_id
from shared.errors import InvalidRequest
from shared.files.uris import file_uri

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


def filter_expression(wanted: ImageFilter) -> str:
    """A filter as Milvus reads it. Raises InvalidRequest `invalid_text`."""
    conditions = []
    if wanted.tag is not None:
        conditions.append(f"array_contains(tags, {quote(wanted.tag)})")
    if wanted.path_prefix is not None:
        conditions.append(_below(_uri(wanted.path_prefix)))
    if wanted.uri is not None:
        conditions.append(_named(_uri(wanted.uri)))
    return and_(*conditions)


def matches(row: ImageRow, wanted: ImageFilter) -> bool:
    """Whether a row is one of those that `filter_expression` names."""
    if wanted.tag is not None and wanted.tag not in row.tags:
        return False
    if wanted.uri is not None and row.uri != _uri(wanted.uri):
        return False
    if wanted.path_prefix is None:
        return True
    prefix = _uri(wanted.path_prefix)
    folder = prefix if prefix.endswith("/") else f"{prefix}/"
    return row.uri == prefix or row.uri.startswith(folder)


def _below(uri: str) -> str:
    """A folder's pictures, those of its sub-folders too; or the one picture of this very uri.

    Never those of a folder whose name only begins alike.
    """
    if uri.endswith("/"):
        return prefix_range("uri", uri)
    return f"({_named(uri)}) or ({prefix_range('uri', uri + '/')})"


def _named(uri: str) -> str:
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


def _uri(given: str) -> str:
    """A uri, or its beginning, from what may be an absolute path."""
    if not given.startswith("/"):
        return given
    try:
        return file_uri(given)
    except UnicodeEncodeError:
        return given  # No path holds this; `check_text` says so.
