"""Which arrivals of a chunk look like a copy of what is there, for loads that ask for it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.result import ChunkWrites
from encoder_worker.chunks.stores import Stores
from shared.domain.collection import CollectionIdentity
from shared.domain.duplicates import COPY_MATCH, DuplicateReport
from shared.domain.image import IndexedFile
from shared.domain.match import curve_of
from shared.store import Neighbour, score_of

#: Neighbours that are looked at for each arrival: its own earlier row may be among them.
_NEAREST = 8


class _Arrival(NamedTuple):
    """`added_at` is of one that an earlier attempt wrote, so that what came later may be there."""

    id: str
    uri: str
    sha256: str
    added_at: int | None = None


class _Candidate(NamedTuple):
    """An image that an arrival may be a copy of; an identical one is better than any other."""

    identical: bool
    score: float
    id: str


class DuplicateReporter:
    """Reports the arrivals of one chunk, in one search for each of its rounds.

    What comes at the same moment in another chunk is not seen. Raises JobEnded, ShuttingDown,
    NotFound.
    """

    def __init__(self, stores: Stores, identity: CollectionIdentity) -> None:
        self._stores = stores
        self._identity = identity
        self._curve = curve_of(identity.fingerprint)

    def report(self, writes: ChunkWrites) -> None:
        """Add the reports of a round that is about to be written to its result."""
        rows = [planned for planned in writes.rows if planned.counted == "indexed"]
        arrivals = [_Arrival(p.row.id, p.row.uri, p.row.sha256) for p in rows]
        vectors = [planned.vector for planned in rows if planned.vector is not None]
        # An earlier attempt wrote these and was lost before it could report them.
        before = writes.written_before
        stored = self._stores.neighbours.vectors_of(self._identity.name, [row.id for row in before])
        for row in before:
            if row.id in stored:
                arrivals.append(_Arrival(row.id, row.uri, row.sha256, row.added_at))
                vectors.append(np.asarray(stored[row.id], np.float32))
        if arrivals:
            writes.result.reports += self._copies(arrivals, np.stack(vectors))
        if writes.skipped:
            skipped = [_Arrival(ref.id, ref.uri, sha256) for ref, sha256 in writes.skipped]
            known = self._stores.writer.find_by_hash(
                self._identity.name, [arrival.sha256 for arrival in skipped]
            )
            writes.result.reports += _left_out(skipped, known, arrivals)

    def _copies(
        self, arrivals: Sequence[_Arrival], vectors: NDArray[np.float32]
    ) -> list[DuplicateReport]:
        """`vectors` are of shape (arrivals, 512), of unit length."""
        found = self._stores.neighbours.nearest(
            self._identity.name,
            self._identity.generation,
            vectors,
            _NEAREST,
            rows=self._identity.rows,
        )
        own = {arrival.id for arrival in arrivals}
        later = self._later(arrivals, found)
        cosines = vectors @ vectors.T
        reports = []
        for place, (arrival, hits) in enumerate(zip(arrivals, found, strict=True)):
            candidates = [
                _Candidate(hit.sha256 == arrival.sha256, hit.score, hit.id)
                for hit in hits
                if hit.id not in own and (arrival.id, hit.id) not in later
            ]
            # Those of the chunk are compared with the ones before them.
            candidates += [
                _Candidate(other.sha256 == arrival.sha256, float(cosines[place, at]), other.id)
                for at, other in enumerate(arrivals[:place])
            ]
            report = self._best(arrival, candidates)
            if report is not None:
                reports.append(report)
        return reports

    def _later(
        self, arrivals: Sequence[_Arrival], found: Sequence[Sequence[Neighbour]]
    ) -> set[tuple[str, str]]:
        """Pairs of an arrival and an image that came after it, and has been reported instead."""
        since = [
            (arrival, arrival.added_at, hit.id)
            for arrival, hits in zip(arrivals, found, strict=True)
            if arrival.added_at is not None
            for hit in hits
        ]
        ids = dict.fromkeys(hit for _, _, hit in since)
        rows = self._stores.images.get_many(self._identity.name, ids, strong=True) if ids else {}
        return {
            (arrival.id, hit)
            for arrival, added_at, hit in since
            if hit in rows and rows[hit].added_at > added_at
        }

    def _best(self, arrival: _Arrival, candidates: Sequence[_Candidate]) -> DuplicateReport | None:
        if not candidates:
            return None
        best = max(candidates, key=lambda c: (c.identical, c.score))
        if best.identical:
            return _report(arrival, best.id)
        if self._curve is None:
            return None
        match = self._curve.match(score_of(best.score))
        return _report(arrival, best.id, match) if match >= COPY_MATCH else None


def _left_out(
    skipped: Sequence[_Arrival],
    known: Mapping[str, Sequence[IndexedFile]],
    arrivals: Sequence[_Arrival],
) -> list[DuplicateReport]:
    """The reports of files that `on_duplicate: skip` leaves out."""
    of = {arrival.sha256: arrival.id for arrival in reversed(arrivals)}
    of |= {sha256: files[0].id for sha256, files in known.items()}
    return [_report(each, of[each.sha256]) for each in skipped if each.sha256 in of]


def _report(arrival: _Arrival, of: str, match: float | None = None) -> DuplicateReport:
    return DuplicateReport(
        id=arrival.id,
        uri=arrival.uri,
        of=of,
        grade="identical" if match is None else "copy",
        match=1.0 if match is None else match,
    )
