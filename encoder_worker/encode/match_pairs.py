"""Scores of edited copies with their originals, and with the nearest other picture, by pooling."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.edits import EDITS, edited
from encoder_worker.encode.every_descriptor import POOLINGS, EveryDescriptor
from encoder_worker.model.vgg16 import Weights
from shared.domain.fingerprint import Pooling
from shared.pictures.opener import open_picture

Scores = NDArray[np.float64]

#: Of the edits of each picture, drawn for it anew.
EDITS_PER_PICTURE = 7
#: Larger pictures are scaled to this side before they are edited, as an edit takes seconds else.
_LONGEST_SIDE = 1024
#: Numbers of copies begin at 0.
_ITSELF = -1


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


class Squares(NamedTuple):
    """What the network sees of a picture and of its copies, uint8 (224, 224, 3) each."""

    picture: NDArray[np.uint8]
    copies: Sequence[NDArray[np.uint8]]


def is_for_fitting(content: bytes) -> bool:
    """Whether a picture belongs to the half that curves are fitted on, by its bytes alone."""
    return hashlib.sha256(content).digest()[0] % 2 == 0


def with_copies(content: bytes, max_pixels: int) -> Squares:
    """A picture and `EDITS_PER_PICTURE` edited copies of it, the same ones for every call.

    Raises PictureError as `decode` does.
    """
    whole = decode(content, max_pixels).pixels
    seed = hashlib.sha256(content).hexdigest()
    with open_picture(content, max_pixels) as opened:
        picture = ImageOps.exif_transpose(opened.image).convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.BILINEAR)
    names = random.Random(seed).sample(list(EDITS), EDITS_PER_PICTURE)  # noqa: S311 - no secret
    copies = [decode(edited(picture, name, seed), max_pixels).pixels for name in names]
    return Squares(whole, copies)


def score_pairs(weights: Weights, pictures: Iterable[Squares]) -> dict[Pooling, Pairs]:
    """The scores of all copies by pooling, from one forward pass a picture and copy.

    Each copy is looked for among all of the pictures, so a stranger is the best wrong hit. Of less
    than two pictures there are no scores.
    """
    encode = EveryDescriptor[tuple[int, int]](weights)
    originals = []
    for number, squares in enumerate(pictures):
        encode.add(squares.picture, (number, _ITSELF))
        for place, copy in enumerate(squares.copies):
            encode.add(copy, (number, place))
            originals.append(number)
    if len(set(originals)) < 2:
        nothing = np.empty(0)
        return dict.fromkeys(POOLINGS, Pairs(nothing, nothing))
    order = sorted(encode.keys())
    own = [key for key in order if key[1] == _ITSELF]
    edits = [key for key in order if key[1] != _ITSELF]
    return {
        name: compare(encode.vectors(name, own), encode.vectors(name, edits), originals)
        for name in POOLINGS
    }


def compare(
    rows: NDArray[np.float32], copies: NDArray[np.float32], originals: Sequence[int]
) -> Pairs:
    """Copies, unit vectors (n, d), with the rows, (m, d), of which `originals` names each one's."""
    scores = (copies @ rows.T).astype(np.float64)
    places = np.arange(len(copies)), np.array(originals)
    own = scores[places]
    scores[places] = -np.inf
    return Pairs(own, scores.max(axis=1))
