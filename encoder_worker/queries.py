"""One picture of a search, encoded at once.

Each query has a thread; their pictures meet in the encoder's queue, where those that arrive
together share a forward pass. A picture that is slow to decode leaves its thread to other queries
and waits for its turn in another one.
"""

import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

from encoder_worker.decode.decoder import network_view
from encoder_worker.encode.encoder import Encoder
from encoder_worker.errors import EncoderFailed
from shared.domain.query import Query, QueryReply
from shared.errors import DecoderUnavailable, PictureError, Unavailable
from shared.ledger import Queries, QueryImage
from shared.log import get_logger
from shared.pictures.square import Picture
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings

_log = get_logger(__name__)

#: What a forward pass and the way of a reply take at most, before the client has timed out.
_REPLY_SECONDS = 1.0


class QueryProcessor:
    """Answers queries, one per calling thread, and the slow ones in threads of its own."""

    def __init__(
        self, settings: Settings, queries: Queries, encoder: Encoder, decoders: DecoderPool
    ) -> None:
        self._settings = settings
        self._queries = queries
        self._encoder = encoder
        self._decoders = decoders
        # Each slow query that waits holds its picture in memory.
        self._slow = ThreadPoolExecutor(settings.query_threads, thread_name_prefix="slow-query")
        self._slow_places = threading.Semaphore(settings.query_threads)
        # With less time left than this, a slow picture is not begun.
        self._slow_seconds = min(settings.decode_seconds, settings.query_timeout_seconds / 3)

    def answer(self, query: Query) -> None:
        """Reply with the vector, or with the code and reason why there is none.

        A query whose picture is slow to decode is answered later. A query past its deadline gets no
        answer: its client has timed out. Raises EncoderFailed.
        """
        began = time.perf_counter()
        try:
            image = self._queries.image(query)
            if image is None:
                _log.info("query_expired", query=query.id)
                return
            picture = self._decoders.decode_quickly(image.data, network_view(query.crop))
        except DecoderUnavailable as error:
            raise EncoderFailed(error.detail) from error
        except PictureError as error:
            self._refuse(query, error)
        except Unavailable as error:
            _log.warning("query_lost", query=query.id, error=str(error.__cause__ or error))
        else:
            if picture is None:
                self._answer_later(query, image, began)
            else:
                self._encode(query, picture, image.deadline, began)

    def close(self) -> None:
        """Drop what waits to be decoded slowly."""
        self._slow.shutdown(wait=True, cancel_futures=True)

    def _answer_later(self, query: Query, image: QueryImage, began: float) -> None:
        if not self._slow_places.acquire(blocking=False):
            self._refuse(
                query,
                PictureError("too_slow", "Too many pictures that are slow to decode; try later."),
            )
            return
        self._slow.submit(self._answer_slowly, query, image, began)

    def _answer_slowly(self, query: Query, image: QueryImage, began: float) -> None:
        try:
            picture = self._decoders.decode_slowly(
                image.data,
                network_view(query.crop),
                begin_by=image.deadline - self._slow_seconds,
                end_by=image.deadline - _REPLY_SECONDS,
            )
            self._encode(query, picture, image.deadline, began)
        except PictureError as error:
            self._refuse(query, error)
        except (DecoderUnavailable, EncoderFailed) as error:
            # The next query meets the same, and its thread ends the process.
            _log.exception("query_lost", query=query.id, error=str(error))
        finally:
            self._slow_places.release()

    def _encode(self, query: Query, picture: Picture, deadline: float, began: float) -> None:
        try:
            future = self._encoder.submit(picture.pixels, query.pooling, deadline)
            encoded = future.result(timeout=max(0.0, deadline - time.monotonic()))
        except PictureError as error:
            self._refuse(query, error)
        except (CancelledError, FutureTimeoutError):
            _log.info("query_expired", query=query.id)
        else:
            vector = tuple(encoded.vector.tolist())
            seconds = time.perf_counter() - began
            weights = self._encoder.weights
            self._reply(query, QueryReply(vector=vector, weights=weights, seconds=seconds))

    def _refuse(self, query: Query, error: PictureError) -> None:
        weights = self._encoder.weights
        self._reply(query, QueryReply(weights=weights, code=error.code, reason=error.detail))

    def _reply(self, query: Query, reply: QueryReply) -> None:
        try:
            self._queries.reply(query, reply)
        except Unavailable as error:
            _log.warning("query_lost", query=query.id, error=str(error.__cause__ or error))
