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
    is_zip = path.suffix == ".zip"
    path.write_bytes(zip_of(contents) if is_zip else compressed(tar_of(contents), path.suffix))


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
            return zstandard.ZstdCompressor().compress(tar)
    return tar
