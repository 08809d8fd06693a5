"""A collection that is being renamed."""

from shared.domain.base import Frozen
from shared.errors import Conflict


class Renaming(Frozen):
    """What is noted before a collection is renamed, so that whoever comes after can finish it.

    With `keep_alias` its old name goes on naming it. `since` is in Unix seconds of Redis.
    """

    old: str
    new: str
    generation: str
    keep_alias: bool = False
    since: float


def collection_busy(why: str) -> Conflict:
    """What needs a collection for itself, or is not to begin while something does."""
    return Conflict("collection_busy", f"{why} Try again later.")
