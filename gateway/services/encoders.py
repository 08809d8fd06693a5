"""Which encoder runs, and with which weights a new collection is created."""

from collections.abc import Sequence

from shared.domain.collection import CollectionIdentity
from shared.domain.worker import WorkerInfo
from shared.errors import Conflict, Unavailable
from shared.ledger import Workers
from shared.queue import ENCODE, QUERY


def encoder_weights(workers: Workers) -> Sequence[str]:
    """The weights of the encoders of loads, as `Workers.encoder_weights`: there are some.

    Raises Unavailable `no_encoder`.
    """
    weights = workers.encoder_weights(ENCODE)
    if not weights:
        raise _no_encoder()
    return weights


def query_encoder(workers: Workers, collection: CollectionIdentity) -> WorkerInfo:
    """An encoder that is alive, serves queries and makes vectors that fit a collection's.

    Raises Unavailable `no_encoder`; Conflict `encoder_mismatch` if there are encoders, and none
    fits, not even one of loads: that one of searches may then only be away for a moment.
    """
    encoders = [worker for worker in workers.list_alive() if worker.weights]
    serving = [worker for worker in encoders if worker.queue == QUERY]
    for worker in serving:
        if collection.fits(worker.weights):
            return worker
    if serving and not any(collection.fits(worker.weights) for worker in encoders):
        collection.require(serving[0].weights)
    raise _no_encoder()


def choose_weights(requested: str | None, workers: Workers) -> str:
    """The exact name of a new collection's weights: those that most encoders have.

    `requested` may be that name, or its kind: `imagenet` for `imagenet-4a1ffb70`. Raises
    Unavailable `no_encoder`, Conflict `encoder_mismatch`.
    """
    running = encoder_weights(workers)
    for weights in running:
        if requested is None or requested == weights or weights.startswith(f"{requested}-"):
            return weights
    raise Conflict(
        "encoder_mismatch", f"The encoder runs with the weights {running[0]!r}, not {requested!r}."
    )


def _no_encoder() -> Unavailable:
    return Unavailable(
        "no_encoder", "No encoder is running. It may still be starting; try again in a few seconds."
    )
