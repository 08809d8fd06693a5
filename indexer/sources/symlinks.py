"""Which symbolic links are followed: targets under the image roots, and no cycles."""

import os
from collections.abc import Iterable
from pathlib import Path

#: Links to directories inside of linked directories are followed this deep. Without a limit, a
#: few folders full of links to each other have exponentially many paths.
_MAX_NESTING = 4


class SymlinkPolicy:
    """Allows links to anything under the image roots."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = tuple(str(root).rstrip("/") + "/" for root in roots)

    def inside(self, real: str) -> bool:
        """Whether a real path is an image root or under one."""
        return f"{real}/".startswith(self._roots)

    def status(self, real: str) -> os.stat_result | None:
        """The status of a link's real target; None if missing or outside the image roots."""
        if not self.inside(real):
            return None
        try:
            return os.lstat(real)
        except OSError:
            return None

    def circular(self, target: str, nesting: int, above: Iterable[str]) -> bool:
        """Whether a directory link would lead back to a directory on the way to it."""
        if nesting >= _MAX_NESTING:
            return True
        return any(f"{real}/".startswith(target.rstrip("/") + "/") for real in above)
