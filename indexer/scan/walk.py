"""What is kept of a finished walk until all of its chunks are reported."""

import json
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from shared.ledger import ScanCounts

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Walk:
    """What a removal needs of the walk before it.

    `identities` are devices and inodes, which mean nothing on another `host`;
    `filesystems` as the listing found them.
    """

    host: str
    counts: ScanCounts
    identities: Mapping[str, tuple[int, int]]
    filesystems: Mapping[str, str]

    def dump(self) -> str:
        """As ASCII: names of directories may hold bytes that are no UTF-8."""
        return json.dumps(asdict(self) | {"counts": tuple(self.counts)})

    @classmethod
    def load(cls, text: str) -> Self:
        raw = json.loads(text)
        identities = {path: (device, inode) for path, (device, inode) in raw["identities"].items()}
        return cls(raw["host"], ScanCounts(*raw["counts"]), identities, raw["filesystems"])


def this_host() -> str:
    """A name for this machine since it was started: device numbers last no longer."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return socket.gethostname()
