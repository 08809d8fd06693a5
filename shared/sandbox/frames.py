"""What crosses between a process and its decoder: fixed headers of C types, and bytes.

The decoder's side may be in the hands of whoever made the picture, so nothing that it sends is
ever unpickled, and every field of a reply is checked against what was asked for.
"""

import math
import struct
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import numpy as np

from shared.domain.facts import MAX_NAME, NO_FACTS, Facts, Place
from shared.domain.query import Crop
from shared.errors import PictureError
from shared.files.formats import FORMATS
from shared.pictures.square import Parts, Picture, Square
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.connection import Connection

View: TypeAlias = Square | Parts | Thumbnail
Drawn: TypeAlias = Picture | bytes

#: Kind of view, whether a costly picture is wanted, processor seconds, pixels at most, the view's
#: size, its crop, and how many bytes of picture follow.
_REQUEST = struct.Struct("<B?dQIddddQ")
#: Kind of reply, index of the format, width, height, and how many bytes follow.
_REPLY = struct.Struct("<BBIIQ")
#: Behind the pixels of squares: which facts are known, the time, the degrees, and how many bytes of
#: the camera's and the lens's names follow.
_FACTS = struct.Struct("<BqddHH")
_TAKEN, _CAMERA, _LENS, _GPS = 1, 2, 4, 8
_MAX_NAME_BYTES = 4 * MAX_NAME
_SQUARE, _THUMBNAIL, _PARTS = range(3)
_WHOLE = (0.0, 0.0, 1.0, 1.0)
_MAX_TEXT = 2000
#: A WebP is never larger than its pixels, but for its headers.
_WEBP_OVERHEAD = 4096


class ReplyKind(IntEnum):
    READY = 0
    DRAWN = 1
    REFUSED = 2
    COSTLY = 3


class Request(NamedTuple):
    """One picture to decode. `any_cost` False has a costly one refused before it is decoded."""

    data: bytes
    view: View
    max_pixels: int
    seconds: float
    any_cost: bool


class GarbledReply(Exception):
    """A decoder sent what no decoder sends."""


def pack_request(request: Request) -> bytes:
    """The header of a request; the picture's bytes follow it."""
    view = request.view
    if isinstance(view, Square):
        kind, size = _SQUARE, view.side
        crop = view.crop or Crop(x=0, y=0, width=1, height=1)
        part = (crop.x, crop.y, crop.width, crop.height)
    elif isinstance(view, Parts):
        kind, size, part = _PARTS, view.side, _WHOLE
    else:
        kind, size, part = _THUMBNAIL, view.size, _WHOLE
    limits = (request.any_cost, request.seconds, request.max_pixels)
    return _REQUEST.pack(kind, *limits, size, *part, len(request.data))


def read_request(connection: Connection) -> Request:
    """The next request. Raises EOFError once the other side is gone."""
    header = _REQUEST.unpack(connection.read(_REQUEST.size))
    kind, any_cost, seconds, max_pixels, size, x, y, width, height, length = header
    view: View = Thumbnail(size)
    if kind == _SQUARE:
        view = Square(size, Crop(x=x, y=y, width=width, height=height))
    elif kind == _PARTS:
        view = Parts(size)
    return Request(connection.read(length), view, max_pixels, seconds, any_cost)


def pack_drawn(drawn: Drawn) -> tuple[bytes, bytes]:
    """The header of a reply, and what was drawn; of a square its pixels, and then its facts."""
    if isinstance(drawn, bytes):
        return _REPLY.pack(ReplyKind.DRAWN, 0, 0, 0, len(drawn)), drawn
    pixels = drawn.pixels.tobytes()
    about = (FORMATS.index(drawn.format), drawn.width, drawn.height)
    return _REPLY.pack(ReplyKind.DRAWN, *about, len(pixels)), pixels + _pack_facts(drawn.facts)


def pack_text(kind: ReplyKind, text: str = "") -> tuple[bytes, bytes]:
    """A reply without a picture; a refusal's text is its code, a line feed and its reason."""
    data = text.encode()[:_MAX_TEXT]
    return _REPLY.pack(kind, 0, 0, 0, len(data)), data


def read_text(connection: Connection, kind: ReplyKind) -> str:
    """The text of a reply that must be of this kind. Raises GarbledReply, EOFError."""
    found, _, _, _, length = _REPLY.unpack(connection.read(_REPLY.size))
    if found != kind or length > _MAX_TEXT:
        raise GarbledReply
    return _text(connection.read(length))


def read_reply(connection: Connection, request: Request) -> Drawn | PictureError | None:
    """What became of a request; None where its picture is costly and no cost was allowed.

    Raises GarbledReply, EOFError.
    """
    kind, form, width, height, length = _REPLY.unpack(connection.read(_REPLY.size))
    if kind == ReplyKind.COSTLY and not request.any_cost and length == 0:
        return None
    if kind == ReplyKind.REFUSED and length <= _MAX_TEXT:
        code, _, reason = _text(connection.read(length)).partition("\n")
        if code in PictureError.DECODER_CODES and reason.isprintable():
            return PictureError(code, reason)
    if kind == ReplyKind.DRAWN:
        if isinstance(request.view, Thumbnail):
            if length <= 4 * request.view.size**2 + _WEBP_OVERHEAD:
                return _webp(connection.read(length))
        elif (
            length == math.prod(request.view.shape)
            and form < len(FORMATS)
            and 0 < width * height <= request.max_pixels
        ):
            pixels = np.frombuffer(connection.read(length), np.uint8).reshape(request.view.shape)
            return Picture(pixels, width, height, FORMATS[form], _read_facts(connection))
    raise GarbledReply


def _pack_facts(facts: Facts) -> bytes:
    gps = facts.gps or Place(lat=0, lon=0)
    camera, lens = (facts.camera or "").encode(), (facts.lens or "").encode()
    known = _TAKEN * (facts.taken_at is not None) | _GPS * (facts.gps is not None)
    known |= _CAMERA * (facts.camera is not None) | _LENS * (facts.lens is not None)
    numbers = (known, facts.taken_at or 0, gps.lat, gps.lon)
    return _FACTS.pack(*numbers, len(camera), len(lens)) + camera + lens


def _read_facts(connection: Connection) -> Facts:
    """The facts behind a square's pixels, each within its limits. Raises GarbledReply, EOFError."""
    known, taken_at, lat, lon, camera, lens = _FACTS.unpack(connection.read(_FACTS.size))
    if max(camera, lens) > _MAX_NAME_BYTES:
        raise GarbledReply
    names = _text(connection.read(camera)), _text(connection.read(lens))
    if known == 0 and not any(names):
        return NO_FACTS
    if known & ~(_TAKEN | _CAMERA | _LENS | _GPS):
        raise GarbledReply
    try:
        return Facts(
            taken_at=taken_at if known & _TAKEN else None,
            camera=names[0] if known & _CAMERA else None,
            lens=names[1] if known & _LENS else None,
            gps=Place(lat=lat, lon=lon) if known & _GPS else None,
        )
    except ValueError as error:
        raise GarbledReply from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise GarbledReply from error


def _webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise GarbledReply
    return data
