"""Three kinds of truth for a search: the same class, the same scene, the same picture edited."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from encoder_worker.encode.edits import EDITS, edited
from encoder_worker.evaluation.measures import (
    Vectors,
    by_cosine,
    mean_average_precision,
    precision_at,
)
from tests.benchmarks.scenes import drawn_scenes

#: Of queries (n, d) and rows (m, d) each query's rows, best first; row i is left out of those of
#: query i if asked, and then (n, m - 1).
Ranking = Callable[[Vectors, Vectors, bool], NDArray[np.int64]]

NEAREST = 10
#: Every n-th photo is edited in every way.
_EDITED_STEP = 12


@dataclass(frozen=True)
class Truth:
    """`files` in three parts: `photos` with a class each, `scenes`, and `copies` of photos."""

    files: tuple[bytes, ...]
    classes: NDArray[np.str_]
    scenes: NDArray[np.str_]
    #: For each copy the index of its photo, and its edit.
    originals: NDArray[np.int64]
    edits: tuple[str, ...]

    def parts(self, vectors: Vectors) -> tuple[Vectors, Vectors, Vectors]:
        """The vectors of photos, scenes and copies."""
        first = len(self.classes)
        second = first + len(self.scenes)
        return vectors[:first], vectors[first:second], vectors[second:]


def gather(photos: Sequence[Path], scene_photos: Sequence[Path]) -> Truth:
    """All files: photos whose folder is their class, scenes by name up to `_`, and copies."""
    files = [path.read_bytes() for path in photos]
    views = [(path.name.partition("_")[0], path.read_bytes()) for path in scene_photos]
    views += drawn_scenes()
    copies, originals, edits = [], [], []
    for index in range(0, len(photos), _EDITED_STEP):
        picture = ImageOps.exif_transpose(Image.open(BytesIO(files[index]))).convert("RGB")
        for name in EDITS:
            copies.append(edited(picture, name, photos[index].name))
            originals.append(index)
            edits.append(name)
    return Truth(
        files=(*files, *(content for _, content in views), *copies),
        classes=np.array([path.parent.name for path in photos]),
        scenes=np.array([name for name, _ in views]),
        originals=np.array(originals),
        edits=tuple(edits),
    )


def score(
    truth: Truth, rows: Vectors, queries: Vectors | None = None, rank: Ranking = by_cosine
) -> dict[str, float]:
    """P@1, P@10 and mAP by class, P@1 and mAP by scene, recall at 1 of copies.

    `queries` search among `rows` (the same pictures, perhaps encoded on another path); a picture
    itself is left out of what it finds. Scenes and copies are looked for among the photos too.
    """
    photos, scenes, _ = truth.parts(rows)
    asked_photos, asked_scenes, asked_copies = truth.parts(rows if queries is None else queries)
    classes = truth.classes[rank(asked_photos, photos, True)] == truth.classes[:, None]
    everything = np.concatenate([scenes, photos])
    labels = np.concatenate([truth.scenes, truth.classes])
    views = labels[rank(asked_scenes, everything, True)] == truth.scenes[:, None]
    found = rank(asked_copies, photos, False)[:, 0] == truth.originals
    return {
        "class P@1": precision_at(classes, 1),
        "class P@10": precision_at(classes, NEAREST),
        "class mAP": mean_average_precision(classes),
        "scene P@1": precision_at(views, 1),
        "scene mAP": mean_average_precision(views),
        "copies R@1": float(found.mean()),
    }


def recall_by_edit(truth: Truth, rows: Vectors) -> dict[str, float]:
    """How often the photo is the first that its copy finds, for each edit."""
    photos, _, copies = truth.parts(rows)
    found: dict[str, list[bool]] = defaultdict(list)
    firsts_found = by_cosine(copies, photos, False)[:, 0] == truth.originals
    for edit, first in zip(truth.edits, firsts_found, strict=True):
        found[edit].append(bool(first))
    return {edit: float(np.mean(firsts)) for edit, firsts in found.items()}


def nearest(rows: Vectors, queries: Vectors) -> NDArray[np.int64]:
    """The indexes of each query's ten nearest rows but the one of its own index."""
    scores = queries @ rows.T
    np.fill_diagonal(scores, -np.inf)
    found: NDArray[np.int64] = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
    return found


def chance(classes: NDArray[np.str_]) -> float:
    """The class P@10 of picking at random."""
    _, sizes = np.unique(classes, return_counts=True)
    return float((sizes * (sizes - 1)).sum() / (len(classes) * (len(classes) - 1)))
