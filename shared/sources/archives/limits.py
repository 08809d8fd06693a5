"""What an archive may be, so that a small file cannot cost much memory, time or disk."""

from dataclasses import dataclass, field
from typing import Self

from shared.errors import PictureError
from shared.settings import Settings

#: A ratio says nothing of so few bytes.
_RATIO_FREE_BYTES = 64 << 20
#: Codes of what an archive has too much of, together with those within it.
EXCEEDED = frozenset({"archive_too_many_members", "archive_too_large", "archive_ratio"})


class ArchiveError(PictureError):
    """An archive that cannot be read, or not whole: no single member is at fault.

    Codes: `archive_too_many_members`, `archive_too_large`, `archive_ratio`, `archive_truncated`,
    `archive_unreadable`, `archive_unsupported`.
    """


@dataclass(frozen=True)
class ArchiveLimits:
    """Caps on `members`, on the unpacked `size` in bytes, and on `ratio`: unpacked to packed.

    `reach` is how many unpacked bytes are read in search of one member, if that is limited.
    Archives within archives are opened `nesting` deep, and have `inner` bytes at most where they
    have to be copied for it.
    """

    members: int
    size: int
    ratio: int
    reach: int | None
    nesting: int
    inner: int

    @classmethod
    def of(cls, settings: Settings, *, serving: bool = False) -> Self:
        """The limits of the settings; `reach` only where members are served."""
        reach = settings.archive_reach_mb << 20 if serving else None
        return cls(
            settings.archive_max_members,
            settings.archive_max_mb << 20,
            settings.archive_max_ratio,
            reach,
            settings.archive_nesting,
            settings.archive_inner_mb << 20,
        )

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

    def check_depth(self, depth: int) -> None:
        """Raises PictureError `member_archive` for an archive that is within `depth` others."""
        if depth > self.nesting:
            raise PictureError(
                "member_archive",
                f"Archives within archives are opened {self.nesting} deep "
                "(LOOKALIKE_ARCHIVE_NESTING). Unpack it, and load it by itself.",
            )

    def check_inner(self, size: int) -> None:
        """Raises PictureError `too_large` for an archive that would have to be copied."""
        if size > self.inner:
            raise PictureError(
                "too_large",
                f"An archive in a zip or a compressed tar is read if it has {self.inner >> 20:,} "
                "MiB at most (LOOKALIKE_ARCHIVE_INNER_MB). Unpack it, and load it by itself.",
            )

    def check_reach(self, position: int) -> None:
        """Raises PictureError `member_out_of_reach`."""
        if self.reach is not None and position > self.reach:
            raise PictureError(
                "member_out_of_reach",
                f"It is more than {self.reach >> 20:,} MiB into a compressed tar, which can only "
                "be read from its beginning. Make a zip or a plain tar of it, or raise "
                "LOOKALIKE_ARCHIVE_REACH_MB.",
            )


@dataclass(frozen=True)
class CommonLimits:
    """The limits of an archive of `packed` bytes together with those within it, as it is listed."""

    limits: ArchiveLimits
    packed: int
    _used: dict[str, int] = field(default_factory=lambda: {"members": 0, "size": 0})

    @property
    def members(self) -> int:
        """How many members were seen."""
        return self._used["members"]

    @property
    def size(self) -> int:
        """How many bytes were unpacked, or would be."""
        return self._used["size"]

    def part(self) -> ArchiveLimits:
        """What one of these archives may be, given what the others are."""
        whole = self.limits
        return _Part(
            whole.members,
            whole.size,
            whole.ratio,
            whole.reach,
            whole.nesting,
            whole.inner,
            self,
        )

    def add(self, members: int, size: int) -> None:
        """Count more of them. Raises ArchiveError as `ArchiveLimits` does."""
        self._used["members"] += members
        self._used["size"] += size
        self.limits.check_members(self.members)
        self.limits.check_size(self.size, self.packed)


@dataclass(frozen=True)
class _Part(ArchiveLimits):
    common: CommonLimits
    _most: dict[str, int] = field(default_factory=lambda: {"members": 0, "size": 0})

    def check_members(self, count: int) -> None:
        self.common.add(self._rise("members", count), 0)

    def check_size(self, unpacked: int, packed: int) -> None:
        self.common.add(0, self._rise("size", unpacked))
        super().check_size(unpacked, packed)

    def _rise(self, what: str, now: int) -> int:
        rise = max(0, now - self._most[what])
        self._most[what] += rise
        return rise


def truncated() -> ArchiveError:
    return ArchiveError(
        "archive_truncated", "The archive ends too early; copy it again from its origin."
    )


def damaged(what: str) -> ArchiveError:
    return ArchiveError(
        "archive_unreadable", f"The archive is damaged: {what}. Copy it again from its origin."
    )
