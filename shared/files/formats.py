"""Image formats, recognised by the first bytes of a file and not by its name."""

from typing import Literal, get_args

Format = Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic"]
FORMATS: tuple[Format, ...] = get_args(Format)

#: Bytes that `sniff` needs: an ISO-BMFF `ftyp` box with up to twelve brands.
SNIFF_BYTES = 64

EXTENSIONS: dict[Format, tuple[str, ...]] = {
    "jpeg": ("jpg", "jpeg", "jpe", "jfif", "mpo"),
    "png": ("png", "apng"),
    "webp": ("webp",),
    "gif": ("gif",),
    "bmp": ("bmp", "dib"),
    "tiff": ("tif", "tiff"),
    "avif": ("avif", "avifs"),
    "heic": ("heic", "heif", "hif", "heics"),
}
_PICTURE_EXTENSIONS = frozenset(e for group in EXTENSIONS.values() for e in group)

MEDIA_TYPES: dict[Format, str] = {f: f"image/{f}" for f in FORMATS}

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}


def sniff(head: bytes) -> Format | None:
    """The format that the first `SNIFF_BYTES` bytes of a file announce, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"BM") and len(head) >= 18 and head[15:18] == b"\0\0\0":
        # The header's length, little-endian at 14, is 12..124: its upper bytes are zero.
        return "bmp"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if head[4:8] == b"ftyp":
        return _sniff_iso_bmff(head)
    return None


def _sniff_iso_bmff(head: bytes) -> Format | None:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    if brands & _HEIC_BRANDS:
        return "heic"
    return None


def has_picture_extension(name: str) -> bool:
    """Whether a file's name has the extension of an image format."""
    return name.rpartition(".")[2].lower() in _PICTURE_EXTENSIONS if "." in name else False
