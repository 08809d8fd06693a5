"""What an archive may be, so that a small file cannot cost much memory, time or disk."""

from dataclasses import dataclass
from typing import Self

from shared.errors import PictureError
from shared.settings import Settings

#: A ratio says nothing of so few bytes.
_RATIO_FREE_BYTES = 64 << 20


class ArchiveError(PictureError):
    """An archive that cannot be read, or not whole: no single member is at fault.

    Codes: `archive_too_many_members`, `archive_too_large`, `archive_ratio`, `archive_truncated`,
    `archive_unreadable`, `archive_unsupported`.
    """


@dataclass(frozen=True)
class ArchiveLimits:
    """Caps on `members`, on the unpacked `size` in bytes, and on `ratio`: unpacked to packed.

    `reach` is how many unpacked bytes are read in search of one member, if that is limited.
    """

    members: int
    size: int
    ratio: int
    reach: int | None

    @classmethod
    def of(cls, settings: Settings, *, serving: bool = False) -> Self:
        """The limits of the settings; `reach` only where members are served."""
        reach = settings.archive_reach_mb << 20 if serving else None
        size = settings.archive_max_mb << 20
        return cls(settings.archive_max_members, size, settings.archive_max_ratio, reach)

    def check_members(self, count: int) -> None:
        """Raises ArchiveError `archive_too_many_members`."""
        if count > self.members:
            raise ArchiveError(
                "archive_too_many_members",
                f"The archive has more than {self.members:,} members. Split it, or raise "
                "LOOKALIKE_ARCHIVE_MAX_MEMBERS.",
            )

    def check_size(self, unpacked: int, packed: int) -> None:
        """Raises ArchiveError `archive_too_large`, `archive_ratio`."""
        if unpacked > self.size:
            raise ArchiveError(
                "archive_too_large",
                f"Unpacked, the archive has more than {self.size >> 20:,} MiB. Split it, or raise "
                "LOOKALIKE_ARCHIVE_MAX_MB.",
            )
        if unpacked > _RATIO_FREE_BYTES and unpacked > self.ratio * packed:
            raise ArchiveError(
                "archive_ratio",
                f"Unpacked, the archive is more than {self.ratio} times as large, as no pictures "
                "are. If it is meant so, raise LOOKALIKE_ARCHIVE_MAX_RATIO.",
            )

    def check_member(self, unpacked: int, packed: int) -> PictureError | None:
        """Why one member may not be unpacked: `member_ratio`."""
        if unpacked > max(1 << 20, self.ratio * packed):
            return PictureError(
                "member_ratio",
                f"Unpacked, this is more than {self.ratio} times as large, as no picture is. If "
                "it is meant so, raise LOOKALIKE_ARCHIVE_MAX_RATIO.",
            )
        return None

    def check_reach(self, position: int) -> None:
        """Raises PictureError `member_out_of_reach`."""
        if self.reach is not None and position > self.reach:
            raise PictureError(
                "member_out_of_reach",
                f"It is more than {self.reach >> 20:,} MiB into a compressed tar, which can only "
                "be read from its beginning. Make a zip or a plain tar of it, or raise "
                "LOOKALIKE_ARCHIVE_REACH_MB.",
            )


def truncated() -> ArchiveError:
    return ArchiveError(
        "archive_truncated", "The archive ends too early; copy it again from its origin."
    )


def damaged(what: str) -> ArchiveError:
    return ArchiveError(
        "archive_unreadable", f"The archive is damaged: {what}. Copy it again from its origin."
    )
