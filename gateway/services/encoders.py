"""Which encoder runs, and with which weights a new collection is created."""

from collections.abc import Sequence

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


def query_encoder(workers: Workers) -> WorkerInfo:
    """An encoder that is alive and serves queries. Raises Unavailable `no_encoder`."""
    for worker in workers.list_alive():
        if worker.queue == QUERY and worker.weights:
            return worker
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
