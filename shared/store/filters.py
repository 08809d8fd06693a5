"""Filters as Milvus expressions, and whether a row that was read matches one."""

from shared.domain.image import ImageFilter, ImageRow
from shared.files.uris import uri_of
from shared.store import filter_compiler, filter_matching
from shared.store.expressions import and_, below, in_, named, quote


def filter_expression(wanted: ImageFilter) -> str:
    """A filter as Milvus reads it. Raises InvalidRequest `invalid_text`."""
    conditions = []
    if wanted.tag is not None:
        conditions.append(f"array_contains(tags, {quote(wanted.tag)})")
    if wanted.path_prefix is not None:
        conditions.append(below(uri_of(wanted.path_prefix)))
    if wanted.uri is not None:
        conditions.append(named(uri_of(wanted.uri)))
    if wanted.sha256 is not None:
        conditions.append(in_("sha256", [wanted.sha256]))
    if wanted.where is not None:
        conditions.append(filter_compiler.expression(wanted.where))
    return and_(*conditions)


def matches(row: ImageRow, wanted: ImageFilter) -> bool:
    """Whether a row is one of those that `filter_expression` names."""
    if wanted.tag is not None and wanted.tag not in row.tags:
        return False
    if wanted.uri is not None and row.uri != uri_of(wanted.uri):
        return False
    if wanted.sha256 is not None and row.sha256 != wanted.sha256:
        return False
    if wanted.path_prefix is not None and not filter_matching.lies_in(row, wanted.path_prefix):
        return False
    return wanted.where is None or filter_matching.matches(row, wanted.where)
