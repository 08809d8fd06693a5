"""The regions of a chunk's pictures, for collections that have them.

A picture that was moved or is a copy takes them over, as it does the vector; what cannot be taken
over is encoded. A region that the network sees nothing in has the vector of the whole picture, by
which it is never the better hit: so every image has all regions, whatever is in it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.matching import Match
from encoder_worker.chunks.result import ChunkWrites, PlannedRow
from encoder_worker.chunks.stages import Stages
from encoder_worker.chunks.stores import Stores
from shared.domain.collection import CollectionIdentity
from shared.domain.regions import REGIONS
from shared.errors import PictureError
from shared.log import get_logger

_log = get_logger(__name__)

Vectors = NDArray[np.float32]


class RegionEncoding:
    """Raises NotFound, JobEnded, ShuttingDown, EncoderFailed, DecoderUnavailable."""

    def __init__(self, stages: Stages, identity: CollectionIdentity, stores: Stores) -> None:
        self._stages = stages
        self._identity = identity
        self._regions = stores.regions

    def add(self, writes: ChunkWrites, first: int, matches: Sequence[Match]) -> None:
        """Give regions to the rows from number `first` on, which were made of `matches`."""
        rows = writes.rows[first:]
        of_file = {match.content.ref.id: match for match in matches}
        found = self._known(rows, of_file)
        unknown = [planned for planned in rows if planned.row.id not in found]
        if unknown:
            found |= self._encoded(unknown, of_file, writes)
        writes.rows[first:] = [row._replace(regions=found[row.row.id]) for row in rows]

    def _known(
        self, rows: Sequence[PlannedRow], of_file: Mapping[str, Match]
    ) -> dict[str, Vectors]:
        """The stored regions of the rows that vectors are taken from, by the new rows' ids."""
        sources = {row.row.id: of_file[row.ref.id].source for row in rows}
        contents = {source.row.id: source.row.sha256 for source in sources.values() if source}
        if not contents:
            return {}
        stored = self._regions.read(self._identity.name, self._identity.edition, contents)
        return {
            image: stored[source.row.id]
            for image, source in sources.items()
            # A row whose content changes in this load may be the source of both.
            if source and source.row.id in stored and source.row.sha256 == contents[source.row.id]
        }

    def _encoded(
        self, rows: Sequence[PlannedRow], of_file: Mapping[str, Match], writes: ChunkWrites
    ) -> dict[str, Vectors]:
        self._stages.check_stopping()
        pictures = self._stages.decode_regions([of_file[row.ref.id].content.data for row in rows])
        self._stages.check_stopping()
        found = {row.row.id: _whole(row) for row in rows}
        futures = {}
        for row, picture in zip(rows, pictures, strict=True):
            if isinstance(picture, PictureError):
                # The whole picture was decoded before: it is a matter of time or memory.
                _log.warning("regions_not_decoded", uri=row.ref.uri, code=picture.code)
                continue
            for number, pixels in enumerate(picture.pixels):
                future = self._stages.encoder.submit(pixels, self._identity.pooling, part=True)
                futures[row.row.id, number] = future
        self._stages.wait_encoded(list(futures.values()))
        for (image, number), future in futures.items():
            try:
                encoded = future.result()
            except PictureError:
                continue  # There is nothing in it.
            found[image][number] = encoded.vector
            writes.result.encode_seconds += encoded.seconds
        return found


def _whole(planned: PlannedRow) -> Vectors:
    return np.array([planned.vector] * len(REGIONS), dtype=np.float32)
