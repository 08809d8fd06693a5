"""Evaluates every descriptor on a folder whose names or folders say what belongs together."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.decode.batch import Attempt
from encoder_worker.decode.decoder import network_view
from encoder_worker.encode.cpu_quota import available_cpus
from encoder_worker.encode.every_descriptor import POOLINGS, EveryDescriptor
from encoder_worker.evaluation import ground_truth
from encoder_worker.evaluation.ground_truth import GroundTruth
from encoder_worker.evaluation.measures import (
    Relevant,
    Vectors,
    average_precisions,
    precision_at,
    ranking,
    ukbench_score,
)
from encoder_worker.model.vgg16 import Weights
from shared.domain.fingerprint import Pooling
from shared.errors import PictureError
from shared.sandbox.pool import DecoderPool, limits_of
from shared.settings import Settings

#: Queries that are ranked together: with ten thousand rows they take 30 MB.
_BLOCK = 256
#: Pictures that are decoded before the network has taken them: squares of 150 kB.
_DECODED_TOGETHER = 64


class Scores(NamedTuple):
    """What one descriptor is worth. `precisions` are by depth, `n_s` is for groups of four."""

    precisions: Mapping[int, float]
    mean_average_precision: float
    n_s: float | None


class Evaluation(NamedTuple):
    """The scores of each descriptor. `unreadable` are pictures that were left out, and why."""

    truth: GroundTruth
    precision: str
    scores: Mapping[Pooling, Scores]
    unreadable: Mapping[Path, str]


def evaluate(
    folder: Path, weights: Weights, settings: Settings, depths: Sequence[int] = (1, 10)
) -> Evaluation:
    """Encode the pictures of a folder, and search each query among the others.

    Raises NoGroundTruth, DecoderUnavailable.
    """
    truth = ground_truth.read(folder)
    encode = EveryDescriptor[int](weights)
    unreadable: dict[Path, str] = {}
    for index, found in enumerate(_decoded(truth.paths, settings)):
        if isinstance(found, PictureError):
            unreadable[truth.paths[index]] = found.detail
        else:
            encode.add(found.pixels, index)
    done = sorted(encode.keys())
    vectors = {name: encode.vectors(name, done) for name in POOLINGS} if done else {}
    finite = {n for n in range(len(done)) if all(np.isfinite(v[n]).all() for v in vectors.values())}
    for n in set(range(len(done))) - finite:
        unreadable[truth.paths[done[n]]] = "Its vector has no direction."
    kept = sorted(finite)
    truth = truth.only([done[n] for n in kept])
    scores = {name: score(truth, vectors[name][kept], depths) for name in POOLINGS}
    return Evaluation(truth, encode.precision, scores, unreadable)


def _decoded(paths: Sequence[Path], settings: Settings) -> Iterator[Attempt]:
    """Each picture, decoded in a process of its own as loads do, or why there is none."""
    lanes = available_cpus()
    pool = DecoderPool(limits_of(settings), lanes)
    try:
        pool.start()
        with ThreadPoolExecutor(lanes) as threads:
            decode = partial(_attempt, pool, settings)
            for start in range(0, len(paths), _DECODED_TOGETHER):
                yield from threads.map(decode, paths[start : start + _DECODED_TOGETHER])
    finally:
        pool.close()


def _attempt(pool: DecoderPool, settings: Settings, path: Path) -> Attempt:
    try:
        if path.stat().st_size > settings.max_file_bytes:
            limit = f"the limit of {settings.max_file_mb} MiB"
            return PictureError("too_large", f"The file is larger than {limit}.")
        return pool.decode(path.read_bytes(), network_view())
    except OSError as error:
        return PictureError("unreadable", f"The file cannot be read: {error.strerror}.")
    except PictureError as error:
        return error


def score(truth: GroundTruth, vectors: Vectors, depths: Sequence[int]) -> Scores:
    """The scores of vectors (n, d), one for each path."""
    blocks = list(_relevant(truth, vectors, max(*depths, 3)))
    top = np.concatenate([block for block, _ in blocks])
    return Scores(
        {depth: precision_at(top, depth) for depth in depths},
        float(np.concatenate([precisions for _, precisions in blocks]).mean()),
        ukbench_score(top) if truth.of_fours else None,
    )


def _relevant(
    truth: GroundTruth, vectors: Vectors, depth: int
) -> Iterator[tuple[Relevant, NDArray[np.float64]]]:
    """Of each block of queries what is relevant to that depth, and the average precisions."""
    place = {int(row): n for n, row in enumerate(truth.rows)}
    for start in range(0, len(truth.queries), _BLOCK):
        queries = truth.queries[start : start + _BLOCK]
        # Queries are all among the rows, or none is.
        own = np.array([place.get(int(query), -1) for query in queries])
        left_out = None if (own < 0).any() else own
        order = ranking(vectors[queries], vectors[truth.rows], left_out)
        relevant = truth.labels[truth.rows[order]] == truth.labels[queries][:, None]
        yield relevant[:, :depth], average_precisions(relevant)
