"""Reads the facts of a picture from its EXIF data (CIPA DC-008, "Exif 2.32").

Pillow's reader keeps every value of every tag, of which a few kilobytes may name gigabytes. This
one looks at three directories, a bounded number of their entries, and the first bytes of a dozen
values, so that it takes little whatever the data are. It never raises.
"""

import re
import struct
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from shared.domain.facts import EARLIEST, LATEST, MAX_NAME, NO_FACTS, Facts, Place
from shared.pictures.opener import Opened

#: A JPEG's, a WebP's and a HEIC's data may begin so; a TIFF file is its own.
_PREFIX = b"Exif\0\0"
#: Entries of a directory that are looked at: cameras write up to a hundred.
_MAX_ENTRIES = 1000
#: Bytes of a value that are looked at; a name is at most `MAX_NAME` characters of them.
_MAX_VALUE = 512

_MAKE, _MODEL, _EXIF, _GPS = 0x010F, 0x0110, 0x8769, 0x8825
_ORIGINAL, _DIGITIZED = 0x9003, 0x9004
_OFFSET, _OFFSET_ORIGINAL, _OFFSET_DIGITIZED = 0x9010, 0x9011, 0x9012
_SUBSEC_ORIGINAL, _SUBSEC_DIGITIZED = 0x9291, 0x9292
_LENS = 0xA434
_DETAILS = frozenset(
    {
        *(_ORIGINAL, _DIGITIZED, _OFFSET, _OFFSET_ORIGINAL, _OFFSET_DIGITIZED),
        *(_SUBSEC_ORIGINAL, _SUBSEC_DIGITIZED, _LENS),
    }
)
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4

#: Types of values (TIFF 6.0, page 15) and the bytes that one takes.
_ASCII, _SHORT, _LONG, _RATIONAL, _UTF8, _IFD = 2, 3, 4, 5, 129, 13
_SIZES = {1: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, 7: 1, 10: 8, _IFD: 4, _UTF8: 1}

_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")
_WIDEST_ZONE = timedelta(hours=14)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Degrees are kept to a tenth of a metre.
_DIGITS = 6


class _Value(NamedTuple):
    """A value as its directory has it; `data` holds its first bytes."""

    type: int
    number: int
    data: bytes


_Values = Mapping[int, _Value]


def facts_of(opened: Opened) -> Facts:
    """The facts of an opened picture; those of a PNG stand before or behind its pixels."""
    exif = opened.data if opened.format == "tiff" else opened.image.info.get("exif")
    return read_facts(exif) if isinstance(exif, bytes) else NO_FACTS


def read_facts(exif: bytes) -> Facts:
    """The facts that EXIF data hold; what cannot be true or read is left out.

    A time without an offset is taken as UTC, as nothing says where the camera was.
    """
    try:
        reader = _Reader(exif)
        first = reader.directory(reader.first, (_MAKE, _MODEL, _EXIF, _GPS))
        details = reader.directory(reader.pointer(first.get(_EXIF)), _DETAILS)
        where = (_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE)
        place = reader.directory(reader.pointer(first.get(_GPS)), where)
        return Facts(
            taken_at=_taken_at(details),
            camera=_camera(_text(first.get(_MAKE)), _text(first.get(_MODEL))),
            lens=_text(details.get(_LENS)),
            gps=_place(reader, place),
        )
    except (struct.error, ValueError):
        return NO_FACTS


class _Reader:
    """Reads directories of a TIFF structure. Raises ValueError where it is none."""

    def __init__(self, exif: bytes) -> None:
        # Only a view: a TIFF file may have gigabytes.
        self._data = memoryview(exif)
        if self._data[: len(_PREFIX)] == _PREFIX:
            self._data = self._data[len(_PREFIX) :]
        order = {b"II": "<", b"MM": ">"}.get(bytes(self._data[:2]))
        if order is None:
            raise ValueError("no TIFF structure")
        self._order = order
        magic, self.first = self.unpack("HI", self._data[2:8])
        if magic != 42:
            raise ValueError("no TIFF structure")

    def unpack(self, form: str, data: bytes | memoryview) -> tuple[int, ...]:
        found: tuple[int, ...] = struct.unpack(self._order + form, data)
        return found

    def directory(self, start: int, wanted: Collection[int]) -> _Values:
        """The wanted values of the directory at `start`; none where there is no directory."""
        if not 8 <= start <= len(self._data) - 2:
            return {}
        (count,) = self.unpack("H", self._data[start : start + 2])
        found = {}
        for index in range(min(count, _MAX_ENTRIES)):
            entry = self._data[start + 2 + 12 * index :][:12]
            if len(entry) < 12:
                break
            tag, kind, number = self.unpack("HHI", entry[:8])
            if tag in wanted and kind in _SIZES:
                found[tag] = _Value(kind, number, self._value(entry, _SIZES[kind] * number))
        return found

    def pointer(self, value: _Value | None) -> int:
        """The offset that a value is; 0, where no directory can be, if it is none."""
        if value is None or value.type not in (_LONG, _IFD) or value.number != 1:
            return 0
        return self.unpack("I", value.data)[0]

    def degrees(self, value: _Value | None) -> float | None:
        """Degrees, minutes and seconds as degrees."""
        if value is None or value.type != _RATIONAL or not 1 <= value.number <= 3:
            return None
        if len(value.data) != 8 * value.number:
            return None
        numbers = self.unpack(f"{2 * value.number}I", value.data)
        degrees, unit = 0.0, 1.0
        for number, divisor in zip(numbers[::2], numbers[1::2], strict=True):
            if divisor == 0 or (unit < 1 and number > 60 * divisor):
                return None
            degrees += unit * number / divisor
            unit /= 60
        return degrees

    def _value(self, entry: memoryview, size: int) -> bytes:
        if size <= 4:
            return bytes(entry[8 : 8 + size])
        (start,) = self.unpack("I", entry[8:])
        return bytes(self._data[start : start + min(size, _MAX_VALUE)])


def _text(value: _Value | None) -> str | None:
    """A name without what cannot be printed; None where nothing is left of it."""
    if value is None or value.type not in (_ASCII, _UTF8):
        return None
    data = value.data.partition(b"\0")[0]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        # Either the last character was cut, or it is not UTF-8.
        text = data[: error.start].decode() if len(data) == _MAX_VALUE else data.decode("latin-1")
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:MAX_NAME].rstrip() or None


def _camera(make: str | None, model: str | None) -> str | None:
    """Maker and model, where the model does not begin with the maker anyway."""
    if make is None or model is None:
        return model or make
    if make.split()[0].casefold() == model.split()[0].casefold():
        return model
    return f"{make} {model}"[:MAX_NAME].rstrip()


def _taken_at(details: _Values) -> int | None:
    """When the picture was taken or, of a scan, digitised, in Unix microseconds."""
    for time, offset, fraction in (
        (_ORIGINAL, _OFFSET_ORIGINAL, _SUBSEC_ORIGINAL),
        (_DIGITIZED, _OFFSET_DIGITIZED, _SUBSEC_DIGITIZED),
    ):
        found = _TIME.fullmatch(_text(details.get(time)) or "")
        if found is None:
            continue
        zone = _zone(_text(details.get(offset)) or _text(details.get(_OFFSET)) or "")
        digits = _text(details.get(fraction)) or ""
        micros = int(f"{digits:0<6}"[:6]) if digits.isascii() and digits.isdigit() else 0
        year, month, day, hour, minute, second = map(int, found.groups())
        try:
            moment = datetime(year, month, day, hour, minute, second, micros, zone)
        except ValueError:  # 0000:00:00, or a thirteenth month
            continue
        since = (moment - _EPOCH) // timedelta(microseconds=1)
        if EARLIEST <= since <= LATEST:
            return since
    return None


def _zone(offset: str) -> timezone:
    found = _ZONE.fullmatch(offset)
    if found is None:
        return UTC
    sign, hours, minutes = found.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    if shift > _WIDEST_ZONE:
        return UTC
    return timezone(-shift if sign == "-" else shift)


def _place(reader: _Reader, values: _Values) -> Place | None:
    signs = {"N": 1, "S": -1}.get(_text(values.get(_LATITUDE_REF)) or "")
    sides = {"E": 1, "W": -1}.get(_text(values.get(_LONGITUDE_REF)) or "")
    lat, lon = reader.degrees(values.get(_LATITUDE)), reader.degrees(values.get(_LONGITUDE))
    if signs is None or sides is None or lat is None or lon is None:
        return None
    # Cameras without a fix write zeros.
    if lat > 90 or lon > 180 or lat == lon == 0:
        return None
    return Place(lat=round(signs * lat, _DIGITS), lon=round(sides * lon, _DIGITS))
