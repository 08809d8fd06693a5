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
from shared.domain.pixel_hash import SURE, shows_another
from shared.store import Neighbour, score_of

#: Neighbours that are looked at for each arrival: its own earlier row may be among them.
_NEAREST = 8


class _Arrival(NamedTuple):
    """`added_at` is of one that an earlier attempt wrote, so that what came later may be there."""

    id: str
    uri: str
    sha256: str
    pixel_hash: str | None = None
    added_at: int | None = None


class _Candidate(NamedTuple):
    """An image that an arrival may be a copy of; an identical one is better than any other."""

    identical: bool
    score: float
    id: str
    pixel_hash: str | None


class DuplicateReporter:
    """Reports the arrivals of one chunk, in one search for each of its rounds.

    What comes at the same moment in another chunk is not seen. Raises JobEnded, ShuttingDown,
    NotFound.
    """

    def __init__(self, stores: Stores, identity: CollectionIdentity) -> None:
        self._stores = stores
        self._identity = identity
        self._curve = curve_of(identity.fingerprint)
        #: The least cosine of a copy; no cosine is as high where there is no curve.
        self._least = 2.0 if self._curve is None else self._curve.least_score(COPY_MATCH)

    def report(self, writes: ChunkWrites) -> None:
        """Add the reports of a round that is about to be written to its result."""
        rows = [planned for planned in writes.rows if planned.counted == "indexed"]
        arrivals = [_Arrival(p.row.id, p.row.uri, p.row.sha256, p.row.pixel_hash) for p in rows]
        vectors = [planned.vector for planned in rows if planned.vector is not None]
        # An earlier attempt wrote these and was lost before it could report them.
        before = writes.written_before
        stored = self._stores.neighbours.vectors_of(self._identity.name, [row.id for row in before])
        for row in before:
            if row.id in stored:
                arrivals.append(_Arrival(row.id, row.uri, row.sha256, row.pixel_hash, row.added_at))
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
        hashes = self._pixel_hashes(found)
        cosines = vectors @ vectors.T
        reports = []
        for place, (arrival, hits) in enumerate(zip(arrivals, found, strict=True)):
            candidates = [
                _Candidate(hit.sha256 == arrival.sha256, hit.score, hit.id, hashes.get(hit.id))
                for hit in hits
                if hit.id not in own and (arrival.id, hit.id) not in later
            ]
            # Those of the chunk are compared with the ones before them.
            candidates += [
                _Candidate(
                    other.sha256 == arrival.sha256,
                    score_of(float(cosines[place, at])),
                    other.id,
                    other.pixel_hash,
                )
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

    def _pixel_hashes(self, found: Sequence[Sequence[Neighbour]]) -> dict[str, str]:
        """The hashes of what is near, where these decide."""
        doubtful = dict.fromkeys(
            hit.id for hits in found for hit in hits if self._least <= hit.score < SURE
        )
        return self._stores.neighbours.pixel_hashes_of(self._identity.name, list(doubtful))

    def _best(self, arrival: _Arrival, candidates: Sequence[_Candidate]) -> DuplicateReport | None:
        likely = [
            candidate
            for candidate in candidates
            if candidate.identical
            or (
                candidate.score >= self._least
                and not shows_another(candidate.score, arrival.pixel_hash, candidate.pixel_hash)
            )
        ]
        if not likely:
            return None
        best = max(likely, key=lambda c: (c.identical, c.score))
        if best.identical or self._curve is None:
            return _report(arrival, best.id)
        return _report(arrival, best.id, self._curve.match(best.score))


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
