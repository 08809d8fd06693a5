"""Which pictures of a folder belong together: by the names of known sets, or by their folders."""

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.files.formats import SNIFF_BYTES, sniff

#: ukbench00000.jpg to ukbench10199.jpg: four of each object, one after the other.
_UKBENCH = re.compile(r"ukbench(\d{5})")
#: INRIA Holidays and Copydays: four digits for a scene or an original, two for its pictures, 00
#: first.
_HOLIDAYS = re.compile(r"(1\d{3})\d{2}")
_COPYDAYS = re.compile(r"(2\d{3})\d{2}")
_ORIGINAL = "original"


class NoGroundTruth(Exception):
    """Nothing in a folder belongs together; the message says what is expected."""


@dataclass(frozen=True)
class GroundTruth:
    """`queries` are searched for among `rows`, both indexes of `paths`; equal `labels` belong.

    A picture is left out of what it finds itself.
    """

    name: str
    paths: tuple[Path, ...]
    labels: NDArray[np.str_]
    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    #: Whether every group has four pictures, each of which is a query.
    of_fours: bool = False

    def only(self, sound: Sequence[int]) -> "GroundTruth":
        """Without the pictures that cannot be read, and queries to which nothing belongs then.

        Raises NoGroundTruth where no query is left.
        """
        kept = np.array(sorted(sound), np.int64)
        place = {int(index): number for number, index in enumerate(kept)}
        return _truth(
            self.name,
            [self.paths[index] for index in kept],
            [str(self.labels[index]) for index in kept],
            [place[int(index)] for index in self.queries if int(index) in place],
            [place[int(index)] for index in self.rows if int(index) in place],
            of_fours=self.of_fours and len(kept) == len(self.paths),
        )


def read(folder: Path) -> GroundTruth:
    """What the names of a folder's pictures say. Raises NoGroundTruth."""
    paths = sorted(
        Path(parent, name).relative_to(folder)
        for parent, folders, names in os.walk(folder)
        for name in names
        if not name.startswith(".") and _is_picture(Path(parent, name))
    )
    if not paths:
        raise NoGroundTruth(f"There is no picture under {folder}.")
    truth = _by_names(paths)
    return replace(truth, paths=tuple(folder / path for path in truth.paths))


def _by_names(paths: Sequence[Path]) -> GroundTruth:
    """What the names below a folder say; those of the folders above it say nothing."""
    for pattern, truth_of in _SETS.items():
        matches = [match for path in paths if (match := pattern.fullmatch(path.stem))]
        if len(matches) == len(paths):
            return truth_of(paths, [match[1] for match in matches])
    labels = [str(path.parent) for path in paths]
    everything = range(len(paths))
    return _truth("folders as classes", paths, labels, everything, everything)


def _is_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return sniff(file.read(SNIFF_BYTES)) is not None
    except OSError:
        return False


def _ukbench(paths: Sequence[Path], numbers: Sequence[str]) -> GroundTruth:
    labels = [str(int(number) // 4) for number in numbers]
    everything = range(len(paths))
    of_fours = set(Counter(labels).values()) == {4}
    return _truth("UKBench", paths, labels, everything, everything, of_fours=of_fours)


def _holidays(paths: Sequence[Path], scenes: Sequence[str]) -> GroundTruth:
    """The first picture of each scene asks for the others, as the set's authors have it."""
    queries = [n for n, path in enumerate(paths) if path.stem.endswith("00")]
    return _truth("INRIA Holidays", paths, scenes, queries, range(len(paths)))


def _copydays(paths: Sequence[Path], originals: Sequence[str]) -> GroundTruth:
    """Copies ask for their originals. Those of the weaker attacks have the originals' names."""
    in_folder = [n for n, path in enumerate(paths) if _ORIGINAL in path.parts]
    firsts = in_folder or [n for n, path in enumerate(paths) if path.stem.endswith("00")]
    copies = sorted(set(range(len(paths))) - set(firsts))
    return _truth("INRIA Copydays", paths, originals, copies, firsts)


def _truth(
    name: str,
    paths: Sequence[Path],
    labels: Sequence[str],
    queries: Sequence[int],
    rows: Sequence[int],
    *,
    of_fours: bool = False,
) -> GroundTruth:
    held = Counter(labels[row] for row in rows)
    among = set(rows)
    asked = [query for query in queries if held[labels[query]] > (query in among)]
    if not asked:
        raise NoGroundTruth(
            "No two pictures belong together. Put those of a class into a folder of its own, two "
            "or more each; or give UKBench, INRIA Holidays or Copydays by their own file names."
        )
    return GroundTruth(
        name, tuple(paths), np.array(labels), np.array(asked), np.array(rows), of_fours
    )


_SETS: dict[re.Pattern[str], Callable[[Sequence[Path], Sequence[str]], GroundTruth]] = {
    _UKBENCH: _ukbench,
    _HOLIDAYS: _holidays,
    _COPYDAYS: _copydays,
}
