"""From the bytes of pictures to their vectors under any pooling, with those of their regions."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.stages import Stages
from encoder_worker.decode.batch import BatchDecoder
from shared.domain.fingerprint import Pooling
from shared.domain.regions import REGIONS
from shared.errors import PictureError
from shared.log import get_logger

_log = get_logger(__name__)


class EncodedContent(NamedTuple):
    """A unit vector, float32 (512,), those of the regions, (regions, 512), and the seconds."""

    vector: NDArray[np.float32]
    regions: NDArray[np.float32] | None
    seconds: float


Attempt: TypeAlias = EncodedContent | PictureError


class ContentEncoding:
    """Encodes whole files. Methods raise ShuttingDown, EncoderFailed, DecoderUnavailable."""

    def __init__(
        self, stages: Stages, decode: BatchDecoder, pooling: Pooling, *, regions: bool
    ) -> None:
        self._stages = stages
        self._decode = decode
        self._pooling = pooling
        self._regions = regions

    def encode(self, contents: Sequence[bytes]) -> list[Attempt]:
        """The vectors of pictures, in the same order, or why there are none."""
        if not contents:
            return []
        self._stages.check_stopping()
        found: list[Attempt] = []
        futures = [
            picture
            if isinstance(picture, PictureError)
            else self._stages.encoder.submit(picture.pixels, self._pooling)
            for picture in self._decode(contents)
        ]
        self._stages.wait_encoded([f for f in futures if not isinstance(f, PictureError)])
        for future in futures:
            if isinstance(future, PictureError):
                found.append(future)
                continue
            try:
                encoded = future.result()
            except PictureError as error:
                found.append(error)
            else:
                found.append(EncodedContent(encoded.vector, None, encoded.seconds))
        return self._with_regions(contents, found) if self._regions else found

    def _with_regions(self, contents: Sequence[bytes], found: list[Attempt]) -> list[Attempt]:
        whole = {at: each for at, each in enumerate(found) if isinstance(each, EncodedContent)}
        drawn = self._stages.decode_regions([contents[at] for at in whole])
        self._stages.check_stopping()
        futures = {}
        for at, picture in zip(whole, drawn, strict=True):
            if isinstance(picture, PictureError):
                # The whole picture was decoded before: it is a matter of time or memory.
                _log.warning("regions_not_decoded", code=picture.code)
                continue
            for number, pixels in enumerate(picture.pixels):
                futures[at, number] = self._stages.encoder.submit(pixels, self._pooling, part=True)
        self._stages.wait_encoded(list(futures.values()))
        for at, each in whole.items():
            # A region that shows nothing has the vector of the whole.
            regions = np.array([each.vector] * len(REGIONS), dtype=np.float32)
            seconds = each.seconds
            for number in range(len(REGIONS)):
                if (future := futures.get((at, number))) is None:
                    continue
                try:
                    encoded = future.result()
                except PictureError:
                    continue
                regions[number] = encoded.vector
                seconds += encoded.seconds
            found[at] = EncodedContent(each.vector, regions, seconds)
        return found
