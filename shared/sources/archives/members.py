"""What is in an archive: names, their uris, and which of them may be read."""

import hashlib
import os
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from shared.domain.image import MAX_URI_BYTES
from shared.errors import PictureError
from shared.files.uris import MEMBER
from shared.sources.kind import FileStatus

#: Of a name that is too long.
_SHOWN_CHARACTERS = 1000
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".txz", ".tar.xz", ".tzst", ".tar.zst")


class Member(NamedTuple):
    """A member that is or claims to be a picture or an archive.

    `error` says why it cannot be read, if that is known already. In a listing with what is within
    archives, an archive stands only for what cannot be read of it.
    """

    uri: str
    status: FileStatus
    error: PictureError | None = None
    is_archive: bool = False


def member_uri(archive: str, name: str) -> str:
    """The uri of a member, from that of its archive."""
    return archive + MEMBER + quote_from_bytes(os.fsencode(name))


def bounded(member: Member) -> Member:
    """A member as it is, or the failure `path_too_long` with the beginning of its uri.

    Names in tars may have a megabyte, and failures are kept in Redis.
    """
    if len(member.uri) <= MAX_URI_BYTES:
        return member
    archive, separator, quoted = member.uri.rpartition(MEMBER)
    # What names of one beginning are told apart by.
    mark = hashlib.blake2b(quoted.encode(), digest_size=8).hexdigest()
    error = PictureError(
        "path_too_long", f"As a uri its name is longer than {MAX_URI_BYTES} bytes. Shorten it."
    )
    uri = f"{archive}{separator}{quoted[:_SHOWN_CHARACTERS]}...{mark}"
    return Member(uri, member.status, error, member.is_archive)


def split_uri(uri: str) -> tuple[str, str]:
    """The uri of an archive, and the name of a member. Raises PictureError `unreadable`.

    The archive may be a member of another one: `file:///a.zip!/b.tar!/c.jpg`.
    """
    archive, separator, quoted = uri.rpartition(MEMBER)
    if not separator:
        raise PictureError("unreadable", "The uri does not name a member of an archive.")
    return archive, os.fsdecode(unquote_to_bytes(quoted))


def plain_name(name: str) -> str:
    """A member's name without what says nothing: `./a//b` is `a/b`.

    Raises PictureError `member_name` for absolute names and those that lead upwards.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    upwards = ".." in name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or name[1:3] in (":\\", ":/") or upwards or not parts:
        raise PictureError(
            "member_name",
            "Its name is absolute or leads out of the archive, as names in archives must not.",
        )
    return "/".join(parts)


def is_hidden(name: str) -> bool:
    """Whether a name or a folder of it is hidden, as what macOS adds to archives is."""
    return any(part.startswith(".") for part in name.split("/"))


def refusal(*, is_file: bool) -> PictureError | None:
    """Why no member of this type may be read."""
    if not is_file:
        return PictureError(
            "member_link",
            "This is a link or a special file. Put the picture itself into the archive.",
        )
    return None


def depth(uri: str) -> int:
    """In how many archives the member or archive at a uri is."""
    return uri.count(MEMBER)


def no_picture() -> PictureError:
    """Why an archive in an archive is not opened as a picture."""
    return PictureError(
        "member_archive", "This is an archive. Load the archive that it is in again."
    )


def is_archive_name(name: str) -> bool:
    """Whether a name is that of an archive."""
    return name.lower().endswith(_ARCHIVES)
