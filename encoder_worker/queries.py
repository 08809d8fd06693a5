"""One picture of a search, encoded at once.

Each query has a thread; their pictures meet in the encoder's queue, where those that arrive
together share a forward pass.
"""

import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from shared.domain.query import Query, QueryReply
from shared.errors import PictureError, Unavailable
from shared.ledger import Queries
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)


class QueryProcessor:
    """Answers queries, one per calling thread."""

    def __init__(self, settings: Settings, queries: Queries, encoder: Encoder) -> None:
        self._settings = settings
        self._queries = queries
        self._encoder = encoder

    def answer(self, query: Query) -> None:
        """Reply with the vector, or with the code and reason why there is none.

        A query past its deadline gets no answer: its client has timed out. Raises EncoderFailed.
        """
        try:
            image = self._queries.image(query)
            reply = self._encode(query, image) if image is not None else None
            if reply is not None:
                self._queries.reply(query, reply)
        except Unavailable as error:
            _log.warning("query_lost", query=query.id, error=str(error.__cause__ or error))
        else:
            if reply is None:
                _log.info("query_expired", query=query.id)

    def _encode(self, query: Query, image: bytes) -> QueryReply | None:
        began = time.perf_counter()
        try:
            picture = decode(image, self._settings.max_pixels, query.crop)
            future = self._encoder.submit(picture.pixels, query.pooling, query.deadline)
            encoded = future.result(timeout=max(0.0, query.deadline - time.time()))
        except PictureError as error:
            return QueryReply(weights=self._encoder.weights, code=error.code, reason=error.detail)
        except (CancelledError, FutureTimeoutError):
            return None
        return QueryReply(
            vector=tuple(encoded.vector.tolist()),
            weights=self._encoder.weights,
            seconds=time.perf_counter() - began,
        )
