"""Pictures in archives, which are read where they are: nothing is unpacked to a disk by name."""

from shared.sources.archives.kind import ArchiveFiles
from shared.sources.archives.members import Member

__all__ = ["ArchiveFiles", "Member"]
