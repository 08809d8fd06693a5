"""Which encoder runs, and with which weights a new collection is created."""

from shared.domain.worker import WorkerInfo
from shared.errors import Conflict, Unavailable
from shared.ledger import Workers
from shared.queue import QUERY


def last_encoder(workers: Workers) -> WorkerInfo:
    """The encoder whose heartbeat is the newest, alive or not. Raises Unavailable `no_encoder`."""
    encoder = workers.last_encoder()
    if encoder is None:
        raise _no_encoder()
    return encoder


def query_encoder(workers: Workers) -> WorkerInfo:
    """An encoder that is alive and serves queries. Raises Unavailable `no_encoder`."""
    for worker in workers.list_alive():
        if worker.queue == QUERY and worker.weights:
            return worker
    raise _no_encoder()


def choose_weights(requested: str | None, workers: Workers) -> str:
    """The exact name of a new collection's weights: those of the running encoder.

    `requested` may be that name, or its kind: `imagenet` for `imagenet-4a1ffb70`. Raises
    Unavailable `no_encoder`, Conflict `encoder_mismatch`.
    """
    weights = last_encoder(workers).weights
    if requested is None or requested == weights or weights.startswith(f"{requested}-"):
        return weights
    raise Conflict(
        "encoder_mismatch", f"The encoder runs with the weights {weights!r}, not {requested!r}."
    )


def _no_encoder() -> Unavailable:
    return Unavailable(
        "no_encoder", "No encoder is running. It may still be starting; try again in a few seconds."
    )
