"""Hashes of what pictures look like: 64 bits that most edits change little, others a lot.

Bit 8·v + u says whether the coefficient of a picture's cosine transform with v half waves down and
u across is above zero. So the hash of a picture that is mirrored or turned follows from its own.
"""

import re

#: Of the 63 bits that tell anything, so many differ at most between a picture and its copy: twice
#: what scaling, compressing or brightening changes, and fewer than between the nearest strangers.
MOST_BITS = 6
#: From this cosine on, two pictures are copies whatever their hashes: a crop of a picture shifts
#: all of its waves, and changes its vector less. Photos of two things of a kind reach .93.
SURE = 0.94

_HASH = re.compile(r"[0-9a-f]{16}")
_SIDE = 8
#: Bits of odd numbers of half waves, whose sign changes where a picture is mirrored.
_ACROSS = sum(1 << (_SIDE * v + u) for v in range(_SIDE) for u in range(1, _SIDE, 2))
_DOWN = sum(1 << (_SIDE * v + u) for v in range(1, _SIDE, 2) for u in range(_SIDE))


def is_hash(value: object) -> bool:
    """Whether a value is a hash: 16 hex digits in lower case."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def distance(one: str, other: str) -> int:
    """The bits that differ, 0 to 64, where one picture is turned and mirrored as fits best."""
    own, wanted = int(one, 16), int(other, 16)
    return min(
        (turned ^ mirrored ^ wanted).bit_count()
        for turned in (own, _transposed(own))
        for mirrored in (0, _ACROSS, _DOWN, _ACROSS ^ _DOWN)
    )


def shows_another(score: float, one: str | None, other: str | None) -> bool:
    """Whether two pictures with this cosine are no copies, by their hashes; None is not known."""
    if score >= SURE or one is None or other is None:
        return False
    return distance(one, other) > MOST_BITS


def _transposed(bits: int) -> int:
    """The hash of a picture whose rows are its columns."""
    return sum(
        1 << (_SIDE * u + v)
        for v in range(_SIDE)
        for u in range(_SIDE)
        if bits >> (_SIDE * v + u) & 1
    )
