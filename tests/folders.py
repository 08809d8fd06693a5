"""Folders of drawn pictures, and what a load is to make of one."""

import hashlib
import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.drawn import draw
from tests.encoders import encoded

SIZE = (48, 32)
#: Few contents and few names, so that they meet in every way.
CONTENTS = 7
NAMES = tuple(f"{folder}{n}.png" for folder in ("", "sub/") for n in range(6))


class Counts(NamedTuple):
    """What a job counted, in the order that its sum is written in."""

    indexed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    failed: int = 0
    moved: int = 0
    removed: int = 0


def picture(index: int) -> bytes:
    """The bytes of a drawn picture: equal for equal indexes."""
    return encoded(draw(index, SIZE), "PNG")


class Folder:
    """A folder of pictures; each write has a time of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: Seconds: each write is a second later than the one before.
        self.clock = 0

    def write(self, name: str, index: int) -> Path:
        """Write a picture."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(index))
        self.touch(name)
        return path

    def touch(self, name: str) -> None:
        """Give a file a time that no other file has."""
        self.clock += 1
        time = 1_700_000_000 + self.clock
        os.utime(self.root / name, (time, time))

    def rename(self, old: str, new: str) -> None:
        (self.root / old).rename(self.root / new)

    def rotate(self, names: list[str]) -> None:
        """Each name takes the file of the one before it, the first that of the last."""
        self.rename(names[-1], ".held")
        for old, new in reversed(list(itertools.pairwise(names))):
            self.rename(old, new)
        self.rename(".held", names[0])

    def contents(self) -> dict[str, str]:
        """The hashes of the folder's files, by path."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file()
        }


class History:
    """What is done to a folder, chosen by `dice`. Its contents are drawn from index `first` on."""

    def __init__(self, folder: Folder, dice: random.Random, first: int = 0) -> None:
        self.folder = folder
        self.dice = dice
        self.first = first
        self.steps: list[str] = []
        (folder.root / "sub").mkdir()
        folder.write("kept.png", first + CONTENTS)

    def step(self) -> None:
        present = [name for name in NAMES if (self.folder.root / name).exists()]
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
        self.folder.write(name, self.first + self.dice.randrange(CONTENTS))
        return name

    def _change(self) -> str:
        name = self.dice.choice(self.present)
        self.folder.write(name, self.first + self.dice.randrange(CONTENTS))
        return name

    def _delete(self) -> str:
        name = self.dice.choice(self.present)
        (self.folder.root / name).unlink()
        return name

    def _touch(self) -> str:
        name = self.dice.choice(self.present)
        self.folder.touch(name)
        return name

    def _copy(self) -> str:
        old, new = self.dice.choice(self.present), self.dice.choice(NAMES)
        if old != new:
            # Half of the copies keep the time, as `cp -p` does.
            shutil.copy2(self.folder.root / old, self.folder.root / new)
            if self.dice.random() < 0.5:
                self.folder.touch(new)
        return f"{old} {new}"

    def _rename(self) -> str:
        old, new = self.dice.choice(self.present), self.dice.choice(self.absent)
        self.folder.rename(old, new)
        return f"{old} {new}"

    def _rename_over(self) -> str:
        old, new = self.dice.sample(self.present, 2)
        self.folder.rename(old, new)
        return f"{old} {new}"

    def _rotate(self) -> str:
        names = self.dice.sample(self.present, self.dice.randint(2, len(self.present)))
        self.folder.rotate(names)
        return str(names)


class Expected:
    """What a load is to make of a collection: for each content, and in sum."""

    def __init__(
        self, had: Mapping[str, str], files: Mapping[str, str], spec: Mapping[str, object]
    ) -> None:
        """`had` and `files` are the contents of rows and of files, by name."""
        skip, sync = spec["on_duplicate"] == "skip", spec["sync"]
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

    def check(self, rows: Mapping[str, str], files: Mapping[str, str], told: str) -> None:
        """Check the contents of the rows after the load."""
        present: Counter[str] = Counter()
        missing: Counter[str] = Counter()
        for name, sha256 in rows.items():
            if name in files:
                assert files[name] == sha256, told
                present[sha256] += 1
            else:
                missing[sha256] += 1
        assert present == self.present, told
        assert missing == self.missing, told
