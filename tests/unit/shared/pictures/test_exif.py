"""What is read of EXIF data, and that nothing comes of those that lie."""

import struct
import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from encoder_worker.decode.decoder import decode, inspect_jpeg
from shared.domain.facts import MAX_NAME, NO_FACTS, Facts, Place
from shared.pictures.exif import read_facts
from tests.drawn import draw
from tests.encoders import encoded
from tests.exif_data import CAMERA, LAT, LENS, LON, TAKEN_AT, exif, tiff
from tests.hostile_pictures import mutated

ALL = Facts(taken_at=TAKEN_AT, camera=CAMERA, lens=LENS, gps=Place(lat=LAT, lon=LON))
MODEL, ASCII = 0x0110, 2


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def taken_at(time: str, **offsets: str) -> int | None:
    tags = {"offset": 0x9011, "other_offset": 0x9010, "fraction": 0x9291}
    details: dict[int, object] = {0x9003: time}
    details |= {tags[name]: value for name, value in offsets.items()}
    return read_facts(exif(details=details).tobytes()).taken_at


def place(**changes: object) -> Place | None:
    tags = {"lat_ref": 1, "lat": 2, "lon_ref": 3, "lon": 4}
    gps: dict[int, object] = {1: "N", 2: (48.0, 30.0, 0.0), 3: "W", 4: (9.0, 0.0, 0.0)}
    gps |= {tags[name]: value for name, value in changes.items()}
    return read_facts(exif(gps=gps).tobytes()).gps


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_facts_of_each_format(form: str) -> None:
    assert decode(encoded(draw(1), form, exif=exif()), 10**6).facts == ALL
    assert decode(encoded(draw(1), form), 10**6).facts == NO_FACTS


def test_facts_of_a_tiff_stand_in_the_file_itself() -> None:
    image = encoded(draw(1), "TIFF", tiffinfo={0x010F: "Canon", MODEL: CAMERA})
    assert decode(image, 10**6).facts == Facts(camera=CAMERA)


def test_a_picture_that_a_gpu_decodes_has_its_facts() -> None:
    header = inspect_jpeg(encoded(draw(1), "JPEG", exif=exif()), 10**6)
    assert header is not None
    assert header.facts == ALL


def test_big_endian_data_are_read_as_well() -> None:
    data = exif().tobytes()
    assert data[6:8] == b"MM" or data[6:8] == b"II"
    other = Image.Exif()
    other.endian = "<" if data[6:8] == b"MM" else ">"
    other[MODEL] = CAMERA
    assert read_facts(other.tobytes()).camera == CAMERA


@pytest.mark.parametrize(
    ("time", "offsets", "expected"),
    [
        ("2024:08:01 12:30:00", {}, micros(2024, 8, 1, 12, 30)),
        ("2024-08-01 12:30:00", {}, micros(2024, 8, 1, 12, 30)),
        ("2024:08:01 12:30:00", {"offset": "-05:30"}, micros(2024, 8, 1, 18)),
        ("2024:08:01 12:30:00", {"other_offset": "+01:00"}, micros(2024, 8, 1, 11, 30)),
        ("2024:08:01 12:30:00", {"offset": "+99:00"}, micros(2024, 8, 1, 12, 30)),
        ("2024:08:01 12:30:00", {"offset": "UTC"}, micros(2024, 8, 1, 12, 30)),
        ("2024:08:01 12:30:00", {"fraction": "5"}, micros(2024, 8, 1, 12, 30) + 500_000),
        ("2024:08:01 12:30:00", {"fraction": "1234567"}, micros(2024, 8, 1, 12, 30) + 123_456),
        ("2024:08:01 12:30:00", {"fraction": "-1"}, micros(2024, 8, 1, 12, 30)),
        ("1839:01:01 00:00:00", {}, micros(1839, 1, 1)),
        ("0000:00:00 00:00:00", {}, None),
        ("2024:02:30 12:30:00", {}, None),
        ("2024:13:01 12:30:00", {}, None),
        ("2024:08:01 25:30:00", {}, None),
        ("1200:08:01 12:30:00", {}, None),
        ("9999:08:01 12:30:00", {}, None),
        ("2024:08:01", {}, None),
        ("    :  :     :  :  ", {}, None),
    ],
)
def test_times(time: str, offsets: dict[str, str], expected: int | None) -> None:
    assert taken_at(time, **offsets) == expected


def test_a_scan_was_taken_when_it_was_digitised() -> None:
    details: dict[int, object] = {0x9003: "0000:00:00 00:00:00", 0x9004: "1999:12:31 23:00:00"}
    read = read_facts(exif(details={**details, 0x9012: "-01:00"}).tobytes())
    assert read.taken_at == micros(2000, 1, 1)


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("FUJIFILM", "X100V", "FUJIFILM X100V"),
        ("  Leica\x07\x1b[2J ", "\n M6 ", "Leica [2J M6"),
        ("", "X", "X"),
        ("X", "", "X"),
        ("\x01\x02", " ", None),
        ("M" * 9000, "", "M" * MAX_NAME),
    ],
)
def test_cameras(make: str, model: str, expected: str | None) -> None:
    assert read_facts(exif(make=make, model=model).tobytes()).camera == expected


def test_a_name_may_be_utf_8_or_latin_1_and_be_cut() -> None:
    def camera(name: bytes) -> str | None:
        return read_facts(tiff([(MODEL, ASCII, len(name), 26)], name)).camera

    assert camera("Kamera 漢".encode()) == "Kamera 漢"
    assert camera("Süß GmbH".encode("latin-1")) == "Süß GmbH"
    assert camera(b"a" + "😀".encode() * 500) == "a" + "😀" * (MAX_NAME - 1)
    assert camera(b"Cam\0hidden") == "Cam"
    assert camera("Cam\u202egnp.exe\u2028".encode()) == "Cam gnp.exe"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Place(lat=48.5, lon=-9)),
        ({"lat": (90.0, 0.0, 0.0)}, Place(lat=90, lon=-9)),
        ({"lat": (90.0, 0.0, 1.0)}, None),
        ({"lon": (180.0, 1.0, 0.0)}, None),
        ({"lat": (48.0, 61.0, 0.0)}, None),
        ({"lat_ref": "X"}, None),
        ({"lon_ref": ""}, None),
        ({"lat": (0.0, 0.0, 0.0), "lon": (0.0, 0.0, 0.0)}, None),
        ({"lat": 48.25}, Place(lat=48.25, lon=-9)),
    ],
)
def test_places(changes: dict[str, object], expected: Place | None) -> None:
    assert place(**changes) == expected


def test_a_degree_over_nothing_is_none() -> None:
    data = exif().tobytes()
    latitude = struct.pack(f"{'<' if data[6:8] == b'II' else '>'}II", 48, 1)
    assert latitude in data
    broken = data.replace(latitude, latitude[:4] + bytes(4))
    assert read_facts(broken) == ALL.model_copy(update={"gps": None})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II+\0\x08\0\0\0",
        tiff([], count=65_535),
        tiff([(MODEL, ASCII, 2**32 - 1, 2**32 - 1)]),
        tiff([(MODEL, 99, 5, 26)], b"Canon"),
        # Directories that are their own.
        tiff([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)]),
    ],
)
def test_what_is_no_exif_has_no_facts(data: bytes) -> None:
    assert read_facts(data) == NO_FACTS


def test_many_entries_of_large_values_take_little_memory() -> None:
    """Kept by tag, as Pillow does it, these values would be 128 GiB."""
    text = b"x" * (2 << 20)
    entries = [(tag, ASCII, len(text), 14 + 12 * 65_535) for tag in range(65_535)]
    data = tiff(entries, text)
    tracemalloc.start()
    read = read_facts(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == Facts(camera=("x" * MAX_NAME))
    assert most < 100_000


def test_mutated_data_never_raise() -> None:
    data = exif().tobytes()
    read = [read_facts(copy) for copy in mutated(data, 3000, seed=4)]
    dice = np.random.default_rng(5)
    read += [read_facts(b"II*\0\x08\0\0\0" + dice.bytes(200)) for _ in range(500)]
    assert any(facts == NO_FACTS for facts in read)
    assert any(facts.gps for facts in read)
