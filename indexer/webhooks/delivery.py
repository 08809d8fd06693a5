"""Delivery of messages to webhooks.

Every indexer delivers. A message is taken from the ledger for as long as a try may last, so that
one whose process was killed is taken again, by whichever indexer comes first.
"""

import threading

from indexer.stores import IndexerStores
from indexer.webhooks.message import body_of, delivery_id, signed_headers
from shared.domain.job import Job
from shared.domain.webhook import Message
from shared.errors import NotFound
from shared.fetch.errors import FetchFailed
from shared.fetch.poster import Poster
from shared.log import get_logger, of_request, outages
from shared.redis import is_outage, outage_code

_log = get_logger(__name__)

#: What a receiver may take for its answer.
_SECONDS = 10.0
#: How long a message is taken for: a try, resolving the name, and a slow Redis.
_TAKEN_SECONDS = 45.0
_POLL_SECONDS = 1.0
#: After an outage, or an error of ours.
_REST_SECONDS = 5.0
#: Webhooks that one indexer delivers to at once: a slow receiver holds up few others.
_THREADS = 3


class WebhookDelivery:
    """Daemon threads that deliver what is due, through outages."""

    def __init__(self, stores: IndexerStores, poster: Poster | None = None) -> None:
        self._webhooks = stores.webhooks
        self._jobs = stores.jobs
        self._poster = poster or Poster(stores.settings)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"webhooks-{n}", daemon=True)
            for n in range(_THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Deliver nothing more. A try under way is ended with this process, and made again."""
        self._stop.set()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(timeout=1)
        self._poster.close()

    def deliver_next(self) -> bool:
        """Try to deliver one message; False where none is due."""
        message = self._webhooks.take(_TAKEN_SECONDS)
        if message is None:
            return False
        try:
            job = self._jobs.get(message.job_id)
        except NotFound:
            # Deleted with its collection, or longer ago than jobs are kept.
            self._webhooks.settle(message, "void", "job_not_found")
            return True
        with of_request(job.spec.request_id):
            self._deliver(message, job)
        return True

    def _deliver(self, message: Message, job: Job) -> None:
        body = body_of(message, job)
        headers = signed_headers(message, body, self._jobs.now())
        try:
            status = self._poster.post(message.webhook.url, body, headers, _SECONDS)
            ok, code = 200 <= status < 300, f"http_{status}"
        except FetchFailed as error:
            ok, code = False, error.code
        self._webhooks.settle(message, "delivered" if ok else "failed", code)
        # No address: some services put their secret into it.
        names = {"webhook": message.webhook.id, "delivery": delivery_id(message)}
        if ok:
            _log.info("webhook_delivered", job=message.job_id, code=code, **names)
        else:
            _log.warning("webhook_failed", job=message.job_id, code=code, **names)

    def _run(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                wait = 0.0 if self.deliver_next() else _POLL_SECONDS
            except Exception as error:  # noqa: BLE001 - the thread must outlive any error
                wait = _REST_SECONDS
                if is_outage(error):
                    outages.met(outage_code(error), error)
                else:
                    _log.exception("webhook_delivery_crashed")
