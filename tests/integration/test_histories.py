"""Random histories of a folder, loaded now and then: the collection is what a model says."""

import os
import random

import numpy as np
import pytest

from shared.domain.image import ImageRow
from tests.folders import Expected, History
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library, counts

LOADS = 6
STEPS = 5


@pytest.fixture(params=[1, 3], ids=["one encoder", "three encoders"])
def library(request: pytest.FixtureRequest, open_library: OpenLibrary) -> Library:
    return open_library(request.param)


SEEDS = range(int(os.environ.get("LOOKALIKE_TEST_HISTORIES", "6")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history(library: Library, seed: int) -> None:
    dice = random.Random(seed)
    history = History(library, dice)
    for _ in range(8):
        history.step()
    for _ in range(LOADS):
        for _ in range(dice.randrange(STEPS)):
            history.step()
        spec = {"on_duplicate": dice.choice(["skip", "keep"]), "sync": dice.random() < 0.5}
        before, files = library.rows(), library.contents()
        expected = Expected(_contents(before), files, spec)
        job = library.load(**spec)
        history.steps.append(f"load {spec}")
        after, told = library.rows(), "\n".join(history.steps)
        assert counts(job) == expected.counts, told
        expected.check(_contents(after), files, told)
        for new, old in expected.moves.items():
            kept = (after[new].tags, after[new].metadata, after[new].added_at)
            assert kept == (before[old].tags, before[old].metadata, before[old].added_at), told
        for name, row in after.items():
            if not row.tags:
                library.tag(name, f"{name} at {len(history.steps)}")
    _check_vectors(library)


def _contents(rows: dict[str, ImageRow]) -> dict[str, str]:
    return {name: row.sha256 for name, row in rows.items()}


def _check_vectors(library: Library) -> None:
    """Rows of one content have one vector, and those of two contents have two."""
    ids = [row.id for row in library.rows().values()]
    stored = library.writer.stored(library.collection, ids).values()
    vectors: dict[str, list[float]] = {}
    for image in stored:
        vector = vectors.setdefault(image.row.sha256, list(image.vector))
        np.testing.assert_allclose(image.vector, vector, atol=1e-3)
    for one in vectors:
        for other in vectors:
            if one != other:
                assert not np.allclose(vectors[one], vectors[other], atol=1e-3)
