"""Writes to all editions of a collection: while it is encoded anew, there are two.

Every write goes to the next one first. Where it is cut off before it comes to the one that is
searched, the re-encoding finds the difference, and makes the next one equal.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.collection import CollectionIdentity
from shared.errors import NotFound
from shared.store.homes import Homes


class EditionChanged(Exception):
    """A collection has or gets vectors of another fingerprint than those that were encoded."""


class Place(NamedTuple):
    """Where the rows of an edition are. `edition` names its regions; vectors have `fingerprint`."""

    rows: str
    edition: str
    fingerprint: str


def places(identity: CollectionIdentity) -> list[Place]:
    """The editions that have every write, the one that is searched last."""
    found = [Place(identity.rows, identity.edition, identity.fingerprint)]
    if (following := identity.next) is not None:
        edition = following.home or identity.generation
        found.insert(0, Place(identity.rows_of(following), edition, following.fingerprint))
    return found


def require_vectors(
    identity: CollectionIdentity, ids: Sequence[str], vectors: Mapping[str, Mapping[str, object]]
) -> None:
    """Raise EditionChanged where vectors were not made for the editions that there are.

    `vectors` are by fingerprint and id: of all ids for the edition that is searched, and of any for
    the next one.
    """
    fingerprints = {place.fingerprint for place in places(identity)}
    if not fingerprints <= vectors.keys() or not vectors[identity.fingerprint].keys() >= {*ids}:
        raise EditionChanged


def write_all(homes: Homes, identity: CollectionIdentity, write: Callable[[Place], None]) -> None:
    """Write to each edition of a collection, as it was read under the locks of what is written.

    One that was given up or dropped since is passed over, if the others are written. Raises what
    `write` raises.
    """
    written: set[str] = set()
    gone: NotFound | None = None
    for place in places(identity):
        try:
            write(place)
        except NotFound as error:
            now = homes.fresh(identity.name)
            if now.generation != identity.generation or place.rows in _rows(now):
                raise
            gone = error
        else:
            written.add(place.rows)
    if gone is not None and not _rows(homes.fresh(identity.name)) <= written:
        raise gone


def _rows(identity: CollectionIdentity) -> set[str]:
    return {place.rows for place in places(identity)}
