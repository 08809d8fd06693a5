"""How groups of duplicates and dismissals are kept: as bytes, 16 for an id or a content."""

import hashlib

from shared.domain.duplicates import Dismissal, DuplicateGroup, Grade, Member, Named
from shared.ledger import keys
from shared.redis import RedisClient

_LETTERS: dict[Grade, str] = {"identical": "i", "copy": "c", "similar": "s"}
_GRADES = {letter.encode(): grade for grade, letter in _LETTERS.items()}
#: The letter of a grade, and the match as eight characters.
HEAD = 9
_ID = 16
_NAMED: dict[bytes, Named] = {b"i": "images", b"c": "contents"}


def pack_group(group: DuplicateGroup) -> bytes:
    """A group as the ledger keeps it, without its id."""
    head = f"{_LETTERS[group.grade]}{group.match:.6f}".encode()
    return head + bytes.fromhex("".join(part for member in group.members for part in member))


def unpack_group(group_id: bytes, record: bytes) -> DuplicateGroup:
    """A group as `pack_group` packed it."""
    grade, match = _GRADES[record[:1]], float(record[1:HEAD])
    ids = _split(record[HEAD:])
    members = (Member(*pair) for pair in zip(ids[::2], ids[1::2], strict=True))
    return DuplicateGroup(group_id.hex(), grade, match, tuple(members))


class DismissalRecords:
    """The dismissals of collections, kept for as long as these."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def add(self, collection: str, generation: str, dismissal: Dismissal) -> None:
        """Remember one; again, it changes nothing."""
        letter = b"i" if dismissal.named == "images" else b"c"
        record = letter + bytes.fromhex("".join(sorted(dismissal.keys)))
        field = hashlib.sha256(record).digest()[:_ID]
        self._redis.hset(keys.dismissed(collection, generation), field, record)

    def read(self, collection: str, generation: str) -> list[Dismissal]:
        """All of a collection."""
        found = self._redis.hvals(keys.dismissed(collection, generation))
        return [Dismissal(_NAMED[raw[:1]], frozenset(_split(raw[1:]))) for raw in found]


def _split(packed: bytes) -> tuple[str, ...]:
    return tuple(packed[at : at + _ID].hex() for at in range(0, len(packed), _ID))
