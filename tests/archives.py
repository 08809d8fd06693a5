"""Archives that the tests make: sound ones, and every kind that means harm."""

import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import zstandard


def write_archive(path: Path, contents: Mapping[str, bytes]) -> None:
    """Write an archive of the type that its name says."""
    path.write_bytes(archive_of(path.name, contents))


def archive_of(name: str, contents: Mapping[str, bytes]) -> bytes:
    """An archive of the type that its name says."""
    if name.endswith(".zip"):
        return zip_of(contents)
    return compressed(tar_of(contents), Path(name).suffix)


def zip_of(contents: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()


def tar_of(contents: Mapping[str, bytes], extra: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """A tar; `extra` are headers without data, before all others."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for info in extra:
            archive.addfile(info)
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def compressed(tar: bytes, suffix: str) -> bytes:
    """A tar as the name of its file says it is compressed."""
    match suffix:
        case ".gz":
            return gzip.compress(tar)
        case ".xz":
            return lzma.compress(tar)
        case ".zst":
            return zstandard.ZstdCompressor(write_checksum=True).compress(tar)
    return tar


def zip_with(name: str, data: bytes = b"", **changes: int) -> bytes:
    """A zip with one member, of whose headers some fields say something else."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        archive.writestr(info, data, zipfile.ZIP_DEFLATED)
        for field, value in changes.items():
            setattr(info, field, value)
    return made.getvalue()


def zip_link(name: str, target: str) -> bytes:
    """A zip with a symbolic link."""
    return zip_with(name, target.encode(), external_attr=0o120777 << 16)


def tar_member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A header of a member that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def overlapping_zip(names: int, data: bytes) -> bytes:
    """A zip whose entries all name the same data, so that it is unpacked once for each."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", data)
        (info,) = archive.infolist()
        for at in range(1, names):
            other = zipfile.ZipInfo(f"{at}.jpg")
            for field in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(other, field, getattr(info, field))
            archive.filelist.append(other)
    return made.getvalue()


def nested(depth: int, innermost: bytes) -> bytes:
    """A zip in a zip in a zip, and so on."""
    data = zip_of({"a.jpg": innermost})
    for _ in range(depth - 1):
        data = zip_of({"inner.zip": data})
    return data
