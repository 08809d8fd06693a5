"""Random histories of a folder, loaded now and then: the collection is what a model says."""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from shared.domain.image import ImageRow
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Counts, Library, counts

#: Few contents and few names, so that they meet in every way.
CONTENTS = 7
NAMES = tuple(f"{folder}{n}.png" for folder in ("", "sub/") for n in range(6))
LOADS = 6
STEPS = 5


class History:
    """What is done to a folder, chosen by `dice`."""

    def __init__(self, library: Library, dice: random.Random) -> None:
        self.library = library
        self.dice = dice
        self.steps: list[str] = []
        (library.root / "sub").mkdir()
        library.write("kept.png", CONTENTS)

    def step(self) -> None:
        present = [name for name in NAMES if (self.library.root / name).exists()]
        absent = [name for name in NAMES if name not in present]
        actions: list[Callable[[], object]] = [self._write]
        if present:
            actions += [self._change, self._delete, self._touch, self._copy]
        if present and absent:
            actions += [self._rename] * 3
        if len(present) > 1:
            actions += [self._rotate] * 3 + [self._rename_over]
        self.present, self.absent = present, absent
        action = self.dice.choice(actions)
        self.steps.append(f"{action.__name__}: {action()}")

    def _write(self) -> str:
        name = self.dice.choice(NAMES)
        self.library.write(name, self.dice.randrange(CONTENTS))
        return name

    def _change(self) -> str:
        name = self.dice.choice(self.present)
        self.library.write(name, self.dice.randrange(CONTENTS))
        return name

    def _delete(self) -> str:
        name = self.dice.choice(self.present)
        (self.library.root / name).unlink()
        return name

    def _touch(self) -> str:
        name = self.dice.choice(self.present)
        self.library.touch(name)
        return name

    def _copy(self) -> str:
        old, new = self.dice.choice(self.present), self.dice.choice(NAMES)
        if old != new:
            # Half of the copies keep the time, as `cp -p` does.
            shutil.copy2(self.library.root / old, self.library.root / new)
            if self.dice.random() < 0.5:
                self.library.touch(new)
        return f"{old} {new}"

    def _rename(self) -> str:
        old, new = self.dice.choice(self.present), self.dice.choice(self.absent)
        self.library.rename(old, new)
        return f"{old} {new}"

    def _rename_over(self) -> str:
        old, new = self.dice.sample(self.present, 2)
        self.library.rename(old, new)
        return f"{old} {new}"

    def _rotate(self) -> str:
        names = self.dice.sample(self.present, self.dice.randint(2, len(self.present)))
        self.library.rotate(names)
        return str(names)


class Expected:
    """What a load is to make of a collection: for each content, and in sum."""

    def __init__(self, rows: dict[str, ImageRow], files: dict[str, str], spec: dict[str, object]):
        skip, sync = spec["on_duplicate"] == "skip", spec["sync"]
        had = {name: row.sha256 for name, row in rows.items()}
        #: How many files of each content have a row, how many rows have no file.
        self.present: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        #: Where one file must take over one row.
        self.moves: dict[str, str] = {}
        indexed = unchanged = duplicates = moved = removed = 0
        for content in {*files.values(), *had.values()}:
            names = [name for name, found in files.items() if found == content]
            standing = [name for name in names if had.get(name) == content]
            targets = [name for name in names if name not in standing]
            holders = [name for name, found in had.items() if found == content]
            gone = [name for name in holders if name not in files]
            replaced = [name for name in holders if name in files and name not in standing]
            sources = gone if standing else gone + replaced
            taken = min(len(targets), len(sources))
            rest = len(targets) - taken
            one = 1 if rest and not standing and not taken else 0
            new = one if skip else rest
            if len(targets) == len(sources) == 1:
                self.moves[targets[0]] = sources[0]
            left = len(gone) - min(len(gone), len(targets))
            indexed += new
            unchanged += len(standing) + taken
            duplicates += rest - new
            moved += taken
            removed += left if sync else 0
            self.present[content] = len(standing) + taken + new
            self.missing[content] = 0 if sync else left
        self.counts = Counts(indexed, unchanged, duplicates, 0, moved, removed)


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
        expected = Expected(before, files, spec)
        job = library.load(**spec)
        history.steps.append(f"load {spec}")
        after, told = library.rows(), "\n".join(history.steps)
        assert counts(job) == expected.counts, told
        _check_rows(after, files, expected, told)
        for new, old in expected.moves.items():
            kept = (after[new].tags, after[new].metadata, after[new].added_at)
            assert kept == (before[old].tags, before[old].metadata, before[old].added_at), told
        for name, row in after.items():
            if not row.tags:
                library.tag(name, f"{name} at {len(history.steps)}")
    _check_vectors(library)


def _check_rows(
    rows: dict[str, ImageRow], files: dict[str, str], expected: Expected, told: str
) -> None:
    present: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for name, row in rows.items():
        if name in files:
            assert files[name] == row.sha256, told
            present[row.sha256] += 1
        else:
            missing[row.sha256] += 1
    assert present == expected.present, told
    assert missing == expected.missing, told


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
