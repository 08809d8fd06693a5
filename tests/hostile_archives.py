"""Archives that mean harm, or are broken, and what is said of each."""

import tarfile
from collections.abc import Callable, Mapping

from tests import archives
from tests.broken_archives import damaged, falsely_larger, lying, noise, overwritten
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
    "zip: an archive within is none": (
        ".zip",
        lambda: zipped({"x.zip": b"no archive"}),
        "archive_unsupported",
    ),
    "zip: an archive within is cut": (
        ".zip",
        lambda: zipped({"x.zip": zipped({})[:-30]}),
        "archive_truncated",
    ),
    "zip: a name in an archive within": (
        ".zip",
        lambda: zipped({"x.zip": archives.zip_of({"../x.jpg": JPEG})}),
        "member_name",
    ),
    "zip: a link to an archive": (
        ".zip",
        lambda: archives.zip_link("x.zip", "/etc/passwd"),
        "member_link",
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
    "zip: very many members of archives within": (
        ".zip",
        lambda: within(3, archives.zip_of({f"{n}.jpg": b"" for n in range(40)})),
        "archive_too_many_members",
    ),
    "zip: too large with the archives within": (
        ".zip",
        lambda: within(3, archives.zip_of({"x.bin": noise(4 << 20)})),
        "archive_too_large",
    ),
    "zip: a bomb of bombs": (
        ".zip",
        lambda: within(3, archives.zip_of({"x.bin": bytes(30 << 20)})),
        "archive_ratio",
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


def within(count: int, archive: bytes) -> bytes:
    """A zip with one archive under several names."""
    return zipped({f"{n}.zip": archive for n in range(count)})


def packed(contents: Mapping[str, bytes], suffix: str) -> bytes:
    return archives.compressed(archives.tar_of({GOOD: JPEG, **contents}), suffix)
