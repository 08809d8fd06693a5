"""Which encoder there is, and whether its vectors fit a collection."""

from shared.domain.worker import WorkerInfo
from shared.errors import Conflict, Unavailable
from shared.ledger import Workers
from shared.queue import QUERY


def last_encoder(workers: Workers) -> WorkerInfo:
    """The encoder that spoke last, living or not. Raises Unavailable `no_encoder`."""
    encoder = workers.last_encoder()
    if encoder is None:
        raise no_encoder()
    return encoder


def query_encoder(workers: Workers) -> WorkerInfo:
    """A living encoder that answers queries. Raises Unavailable `no_encoder`."""
    for worker in workers.list_alive():
        if worker.queue == QUERY and worker.weights:
            return worker
    raise no_encoder()


def choose_weights(asked: str | None, workers: Workers) -> str:
    """The exact name of a new collection's weights: those of the encoder, if `asked` fits them.

    Raises Unavailable `no_encoder`, Conflict `encoder_mismatch`.
    """
    weights = last_encoder(workers).weights
    if asked is None or asked == weights or weights.startswith(f"{asked}-"):
        return weights
    raise Conflict(
        "encoder_mismatch", f"The encoder runs with the weights {weights!r}, not {asked!r}."
    )


def no_encoder() -> Unavailable:
    return Unavailable(
        "no_encoder", "No encoder is alive. It may still be starting; try again in a few seconds."
    )
