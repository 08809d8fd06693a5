"""Archives that mean harm, or are broken, and what is said of each."""

import random
import struct
import tarfile
from collections.abc import Callable, Mapping

from tests import archives
from tests.drawn import JPEG

GOOD = "good.jpg"
LARGE = bytes(8 << 20)


def zipped(contents: Mapping[str, bytes]) -> bytes:
    return archives.zip_of({GOOD: JPEG, **contents})


def tarred(name: str, kind: bytes, target: str = "") -> bytes:
    return archives.tar_of({GOOD: JPEG}, [archives.tar_member(name, kind, target)])


#: Each: the archive, and what is said of its only bad member.
MEMBERS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zip: a name that leads upwards": (
        ".zip",
        lambda: zipped({"../x.jpg": JPEG}),
        "member_name",
    ),
    "zip: upwards in the middle": (
        ".zip",
        lambda: zipped({"a/../../x.jpg": JPEG}),
        "member_name",
    ),
    "zip: upwards as on Windows": (
        ".zip",
        lambda: zipped({"..\\x.jpg": JPEG}),
        "member_name",
    ),
    "zip: an absolute name": (
        ".zip",
        lambda: zipped({"/etc/x.jpg": JPEG}),
        "member_name",
    ),
    "zip: a drive": (
        ".zip",
        lambda: zipped({"C:\\x.jpg": JPEG}),
        "member_name",
    ),
    "zip: a link": (
        ".zip",
        lambda: archives.zip_link("x.jpg", "/etc/passwd"),
        "member_link",
    ),
    "zip: encrypted": (
        ".zip",
        lambda: archives.zip_with("x.jpg", JPEG, flag_bits=1),
        "member_encrypted",
    ),
    "zip: a method without bounds": (
        ".zip",
        lambda: archives.zip_of({"x.jpg": JPEG}, 14),
        "member_unsupported",
    ),
    "zip: a bomb of one member": (
        ".zip",
        lambda: zipped({"x.jpg": LARGE}),
        "member_ratio",
    ),
    "zip: ten deep": (
        ".zip",
        lambda: archives.nested(10, JPEG),
        "member_archive",
    ),
    "tar: a name that leads upwards": (
        ".tar",
        lambda: archives.tar_of({GOOD: JPEG, "../x.jpg": JPEG}),
        "member_name",
    ),
    "tar: an absolute name": (
        ".tar",
        lambda: archives.tar_of({GOOD: JPEG, "/x.jpg": JPEG}),
        "member_name",
    ),
    "tar: a symbolic link": (
        ".tar",
        lambda: tarred("x.jpg", tarfile.SYMTYPE, "/etc/passwd"),
        "member_link",
    ),
    "tar: a hard link": (
        ".tar",
        lambda: tarred("x.jpg", tarfile.LNKTYPE, GOOD),
        "member_link",
    ),
    "tar: a device": (
        ".tar",
        lambda: tarred("x.jpg", tarfile.CHRTYPE),
        "member_link",
    ),
    "tar: a pipe": (
        ".tar",
        lambda: tarred("x.jpg", tarfile.FIFOTYPE),
        "member_link",
    ),
    "tar: ten deep": (
        ".tar",
        lambda: archives.tar_of({"x.zip": archives.nested(9, JPEG)}),
        "member_archive",
    ),
}

#: Each: the archive, and with which code its job ends.
WHOLES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zip: a bomb of one content": (
        ".zip",
        lambda: archives.overlapping_zip(100, bytes(1 << 20)),
        "archive_ratio",
    ),
    "zip: very many members": (
        ".zip",
        lambda: zipped({f"{n}.jpg": b"" for n in range(1000)}),
        "archive_too_many_members",
    ),
    "zip: very many, and it says one": (
        ".zip",
        lambda: lying(zipped({f"{n}.jpg": b"" for n in range(1000)})),
        "archive_too_many_members",
    ),
    "zip: very many, and a false record says one": (
        ".zip",
        lambda: falsely_larger(1000),
        "archive_too_many_members",
    ),
    "zip: very many, and a record says that it is larger": (
        ".zip",
        lambda: falsely_larger(1000, located=True),
        "archive_too_many_members",
    ),
    "zip: cut": (
        ".zip",
        lambda: zipped({"x.jpg": JPEG})[:-30],
        "archive_truncated",
    ),
    "zip: its directory is none": (
        ".zip",
        lambda: overwritten(zipped({})),
        "archive_unreadable",
    ),
    "zip: too large": (
        ".zip",
        lambda: zipped({"x.bin": bytes(11 << 20)}),
        "archive_too_large",
    ),
    "tar: very many members": (
        ".tar",
        lambda: archives.tar_of({f"{n}.txt": b"" for n in range(200)}),
        "archive_too_many_members",
    ),
    "tar: too large": (
        ".tar.gz",
        lambda: packed({"x.bin": bytes(11 << 20)}, ".gz"),
        "archive_too_large",
    ),
    "tar: a name of two megabytes": (
        ".tar",
        lambda: archives.tar_of({"x" * (2 << 20): JPEG}),
        "archive_unreadable",
    ),
    "tar: a later name of two megabytes": (
        ".tar",
        lambda: archives.tar_of({GOOD: JPEG, "x" * (2 << 20): JPEG}),
        "archive_unreadable",
    ),
    "gzip: it is no tar": (
        ".tar.gz",
        lambda: archives.compressed(b"x" * 999, ".gz"),
        "archive_unsupported",
    ),
    "gzip: damaged": (
        ".tar.gz",
        lambda: damaged(packed({"x.bin": noise(99_999)}, ".gz")),
        "archive_unreadable",
    ),
    "zstd: damaged": (
        ".tar.zst",
        lambda: damaged(packed({"x.bin": noise(99_999)}, ".zst")),
        "archive_unreadable",
    ),
    "xz: damaged": (
        ".tar.xz",
        lambda: damaged(packed({"x.bin": noise(99_999)}, ".xz")),
        "archive_unreadable",
    ),
    "a picture": (".tar", lambda: JPEG, "archive_unsupported"),
    "nothing": (".tar", lambda: b"", "archive_unsupported"),
}


def packed(contents: Mapping[str, bytes], suffix: str) -> bytes:
    return archives.compressed(archives.tar_of({GOOD: JPEG, **contents}), suffix)


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def lying(data: bytes) -> bytes:
    """The number of entries at the end of a zip is one, whatever there is."""
    end = data.rindex(b"PK\5\6")
    return data[: end + 8] + b"\1\0\1\0" + data[end + 12 :]


def falsely_larger(count: int, *, located: bool = False) -> bytes:
    """A zip whose last entry's comment is an entry and a ZIP64 record, which some readers find.

    The record tells of that entry only; `located`, it tells of all, as does a pointer behind it.
    """
    data = zipped({f"{n}.jpg": b"" for n in range(count)})
    end = data.rindex(b"PK\5\6")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    one = b"PK\1\2" + bytes(42)
    length = end - start + len(one) if located else len(one)
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, length, start if located else 0
    )
    if located:
        pointer = struct.pack("<4sLQL", b"PK\6\7", 0, end + len(one), 1)
        return data[:end] + one + record + pointer + data[end:]
    comment = one + record + bytes(20)
    last = data.rindex(b"PK\1\2", 0, end)
    directory = bytearray(data[start:end])
    directory[last - start + 32 : last - start + 34] = len(comment).to_bytes(2, "little")
    size = (end - start + len(comment)).to_bytes(4, "little")
    tail = data[end : end + 12] + size + data[end + 16 :]
    return data[:start] + bytes(directory) + comment + tail


def overwritten(data: bytes) -> bytes:
    return data.replace(b"PK\1\2", b"XXXX")


def damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(255 - byte for byte in data[middle:-1000]) + data[-1000:]
