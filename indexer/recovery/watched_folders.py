"""Which folder a burst of changes concerns, and whether its file system tells of changes."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.domain.job import DirectorySource

_MOUNTS = Path("/proc/mounts")
#: File systems whose other users' changes give no events here.
_REMOTE = frozenset(
    {
        *("9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("smb3", "smbfs", "vboxsf", "virtiofs"),
    }
)


def concerned_folder(source: DirectorySource, changed: Iterable[str]) -> str | None:
    """The folder that holds all changes of a source; None where none of them concerns it.

    It is the source itself where its patterns are, or may be, relative to it. A folder that was
    removed is stood for by the one that it was in.
    """
    root = source.path.rstrip("/") or "/"
    below = [path for path in changed if _concerns(root, path, recursive=source.recursive)]
    if not below:
        return None
    if source.pattern or source.exclude or not source.recursive:
        return root
    folder = os.path.commonpath([os.path.dirname(path) for path in below])  # noqa: PTH120
    while folder != root and not Path(folder).is_dir():
        folder = os.path.dirname(folder)  # noqa: PTH120
    return folder


def mounts() -> Sequence[tuple[str, str]]:
    """Where file systems are mounted, and of which type they are; nothing but on Linux."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ()
    fields = (line.split(" ") for line in lines)
    return [(_unescaped(each[1]), each[2]) for each in fields if len(each) > 2]


def is_remote(path: str, table: Sequence[tuple[str, str]]) -> bool:
    """Whether a path is on a file system that other machines write to."""
    holding = [(len(place), kind) for place, kind in table if _is_below(place, path)]
    kind = max(holding, default=(0, ""))[1]
    return kind in _REMOTE or kind.startswith("fuse")


def _concerns(root: str, path: str, *, recursive: bool) -> bool:
    """Whether a walk of the root would come by a path, were it there."""
    if path == root or not _is_below(root, path):
        return False
    names = path.removeprefix(root).strip("/").split("/")
    return not any(name.startswith(".") for name in names) and (recursive or len(names) == 1)


def _is_below(folder: str, path: str) -> bool:
    return f"{path}/".startswith(folder.rstrip("/") + "/")


def _unescaped(place: str) -> str:
    """A mount point, in which blanks and the like are octal."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, sign)
    return place
