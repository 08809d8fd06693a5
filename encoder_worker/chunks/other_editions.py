"""The vectors of a chunk's rows for the edition that is made beside the one that is searched.

And those of rows that would take over a vector of an edition before.
"""

from collections.abc import Callable, Mapping, Sequence

from encoder_worker.chunks.content_encoding import ContentEncoding
from encoder_worker.chunks.matching import Match
from encoder_worker.chunks.result import ChunkWrites, PlannedRow
from shared.domain.collection import CollectionIdentity
from shared.domain.fingerprint import Pooling
from shared.errors import PictureError
from shared.log import get_logger

_log = get_logger(__name__)


class OtherEditions:
    """Raises ShuttingDown, EncoderFailed, DecoderUnavailable."""

    def __init__(
        self, identity: CollectionIdentity, encoding: Callable[[Pooling], ContentEncoding]
    ) -> None:
        self._identity = identity
        self._encoding = encoding

    def renew(self, writes: ChunkWrites, first: int, matches: Sequence[Match]) -> None:
        """Encode the rows from number `first` on that have a vector of an edition before.

        `matches` are what the rows were made of. A file that cannot be encoded is a failure.
        """
        of_file = {match.content.ref.id: match for match in matches}
        rows = writes.rows[first:]
        old = [planned for planned in rows if self._is_old(of_file[planned.ref.id])]
        if not old:
            return
        contents = [of_file[planned.ref.id].content.data for planned in old]
        encoded = self._encoding(self._identity.pooling).encode(contents)
        for planned, found in zip(old, encoded, strict=True):
            at = writes.rows.index(planned, first)
            if not isinstance(found, PictureError):
                writes.rows[at] = planned._replace(vector=found.vector)
                continue
            del writes.rows[at]
            match = of_file[planned.ref.id]
            if match.left is not None:
                writes.left.remove(match.left)
            writes.result.refuse(planned, found)

    def add(self, writes: ChunkWrites, first: int, matches: Sequence[Match]) -> None:
        """Give the rows from number `first` on what the next edition has of them.

        A row whose content cannot be encoded again has nothing there, until it is re-encoded.
        """
        following = self._identity.next
        if following is None:
            return
        rows = writes.rows[first:]
        if following.fingerprint == self._identity.fingerprint:
            writes.rows[first:] = [
                row._replace(next_vector=row.vector, next_regions=row.regions) for row in rows
            ]
            return
        of_file = {match.content.ref.id: match for match in matches}
        contents = _contents(rows, of_file)
        encoded = self._encoding(following.pooling).encode(contents)
        for at, (planned, found) in enumerate(zip(rows, encoded, strict=True), first):
            if isinstance(found, PictureError):
                _log.warning("next_vector_missing", uri=planned.ref.uri, code=found.code)
                continue
            writes.rows[at] = planned._replace(next_vector=found.vector, next_regions=found.regions)
            writes.result.encode_seconds += found.seconds

    def _is_old(self, match: Match) -> bool:
        fingerprint = match.source.fingerprint if match.source else ""
        return fingerprint not in ("", self._identity.fingerprint)


def _contents(rows: Sequence[PlannedRow], of_file: Mapping[str, Match]) -> list[bytes]:
    return [of_file[planned.ref.id].content.data for planned in rows]
