"""Scores of edited copies with their originals, and with the nearest other picture, by pooling.

And of copies and details in a collection with regions, where the best of a picture's score and of
its regions' counts.
"""

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.edits import EDITS, detail_of, edited
from encoder_worker.encode.every_descriptor import POOLINGS, EveryDescriptor
from encoder_worker.model.vgg16 import Weights
from shared.domain.fingerprint import Pooling
from shared.domain.regions import REGIONS
from shared.pictures.opener import open_picture

Scores = NDArray[np.float64]

#: What is made of a picture, as the fields of `Squares` after the first one.
_WHOLE, _KINDS = "picture", ("copies", "regions", "details")
#: Of the edits of each picture, drawn for it anew.
EDITS_PER_PICTURE = 7
#: Details of each picture, which are searched by where there are regions.
DETAILS_PER_PICTURE = 2
#: Larger pictures are scaled to this side before they are edited, as an edit takes seconds else.
_LONGEST_SIDE = 1024


class Hits(NamedTuple):
    """First hits of searches, (n,): their scores, and 1 where one is the original, otherwise 0."""

    scores: Scores
    truth: Scores


class Pairs(NamedTuple):
    """Cosines of copies, (n,): with the picture each was made of, and with the nearest other."""

    originals: Scores
    strangers: Scores

    def first_hits(self) -> Hits:
        """What each copy finds first, where its original is and where it is not.

        Where the original is not the first hit, a stranger is. So the originals are as many as
        in searches of which one half is for pictures that a collection has.
        """
        found = self.originals > self.strangers
        return Hits(
            np.concatenate([np.maximum(self.originals, self.strangers), self.strangers]),
            np.concatenate([found, np.zeros(len(found))]),
        )

    def joined(self, other: "Pairs") -> "Pairs":
        """These and others."""
        return Pairs(
            np.concatenate([self.originals, other.originals]),
            np.concatenate([self.strangers, other.strangers]),
        )


class Scored(NamedTuple):
    """Scores of one pooling: of copies with whole pictures; of both kinds where regions count."""

    whole: Pairs
    copies: Pairs
    details: Pairs


class Squares(NamedTuple):
    """What the network sees of a picture and what is made of it, uint8 (224, 224, 3) each."""

    picture: NDArray[np.uint8]
    copies: Sequence[NDArray[np.uint8]]
    regions: Sequence[NDArray[np.uint8]]
    details: Sequence[NDArray[np.uint8]]


def is_for_fitting(content: bytes) -> bool:
    """Whether a picture belongs to the half that curves are fitted on, by its bytes alone."""
    return hashlib.sha256(content).digest()[0] % 2 == 0


def with_copies(content: bytes, max_pixels: int) -> Squares:
    """A picture, its regions, edited copies and details of it, the same ones for every call.

    Raises PictureError as `decode` does.
    """
    whole = decode(content, max_pixels).pixels
    seed = hashlib.sha256(content).hexdigest()
    with open_picture(content, max_pixels) as opened:
        picture = ImageOps.exif_transpose(opened.image).convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.BILINEAR)
    names = random.Random(seed).sample(list(EDITS), EDITS_PER_PICTURE)  # noqa: S311 - no secret
    copies = [decode(edited(picture, name, seed), max_pixels).pixels for name in names]
    regions = [decode(content, max_pixels, region).pixels for region in REGIONS]
    files = (detail_of(picture, f"{seed} {number}")[0] for number in range(DETAILS_PER_PICTURE))
    details = [decode(file, max_pixels).pixels for file in files]
    return Squares(whole, copies, regions, details)


def score_pairs(weights: Weights, pictures: Iterable[Squares]) -> dict[Pooling, Scored]:
    """The scores of all copies and details by pooling, from one forward pass each.

    Each is looked for among all of the pictures, so a stranger is the best wrong hit. Of less than
    two pictures there are no scores.
    """
    encode = EveryDescriptor[tuple[str, int, int]](weights)
    count = 0
    for number, squares in enumerate(pictures):
        count += 1
        encode.add(squares.picture, (_WHOLE, number, 0))
        for kind, parts in zip(_KINDS, squares[1:], strict=True):
            for place, part in enumerate(parts):
                encode.add(part, (kind, number, place))
    if count < 2:
        nothing = Pairs(np.empty(0), np.empty(0))
        return dict.fromkeys(POOLINGS, Scored(nothing, nothing, nothing))
    keys = sorted(encode.keys())
    by_kind = {kind: [key for key in keys if key[0] == kind] for kind in (_WHOLE, *_KINDS)}
    originals = {kind: [number for _, number, _ in of] for kind, of in by_kind.items()}

    def score(pooling: Pooling) -> Scored:
        whole, copies, regions, details = (
            encode.vectors(pooling, by_kind[kind]) for kind in (_WHOLE, *_KINDS)
        )
        # As in a load, a region that shows nothing has the vector of the whole.
        parts = regions.reshape(count, -1, regions.shape[-1])
        parts = np.where(np.isnan(parts), whole[:, None], parts)
        rows = np.concatenate([whole[:, None], parts], axis=1)
        return Scored(
            compare(whole[:, None], copies, originals["copies"]),
            compare(rows, copies, originals["copies"]),
            compare(rows, details, originals["details"]),
        )

    return {pooling: score(pooling) for pooling in POOLINGS}


def compare(
    rows: NDArray[np.float32], queries: NDArray[np.float32], originals: Sequence[int]
) -> Pairs:
    """Queries, unit vectors (n, d), with pictures of which `originals` names each one's.

    `rows` are the pictures' vectors, (m, v, d); the best score of a picture's v vectors counts.
    """
    pictures, vectors, _ = rows.shape
    scores = (queries @ rows.reshape(pictures * vectors, -1).T).astype(np.float64)
    scores = scores.reshape(len(queries), pictures, vectors).max(axis=2)
    places = np.arange(len(queries)), np.array(originals)
    own = scores[places]
    scores[places] = -np.inf
    return Pairs(own, scores.max(axis=1))
