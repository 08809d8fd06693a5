"""What a decoder may say, and what is refused whatever it says."""

import socket
import struct

import numpy as np
import pytest

from shared.domain.facts import MAX_NAME, NO_FACTS, Facts, Place
from shared.domain.query import Crop
from shared.errors import PictureError
from shared.pictures.square import Parts, Picture, Square
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.connection import Connection
from shared.sandbox.frames import (
    GarbledReply,
    ReplyKind,
    Request,
    View,
    pack_drawn,
    pack_request,
    pack_text,
    read_reply,
    read_request,
)

SIDE = 8
PIXELS = np.arange(SIDE * SIDE * 3, dtype=np.uint8).reshape(SIDE, SIDE, 3)
FACTS = Facts(taken_at=-1, camera="漢" * MAX_NAME, lens="f/2", gps=Place(lat=-90, lon=180))
PICTURE = Picture(PIXELS, 30, 20, "webp", FACTS)
WEBP = b"RIFF\0\0\0\0WEBP and so on"


def asked(view: View = Square(SIDE), *, max_pixels: int = 600, any_cost: bool = True) -> Request:  # noqa: B008 - a tuple
    return Request(b"a picture", view, max_pixels, 1.5, any_cost)


def heard(parts: tuple[bytes, ...], request: Request) -> Picture | bytes | PictureError | None:
    """What the parent makes of bytes that its decoder sends before it ends."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"".join(parts))
        return read_reply(Connection(ours), request)


@pytest.mark.parametrize("view", [Square(9), Square(9, Crop(x=0.5, y=0, width=0.25, height=1))])
def test_a_request_arrives_as_it_was_sent(view: Square) -> None:
    request = asked(view)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(ours).write(pack_request(request), request.data)
        there = read_request(Connection(theirs))
    whole = Crop(x=0, y=0, width=1, height=1)
    assert there == request._replace(view=Square(9, view.crop or whole))


def test_parts_are_asked_for_and_arrive_together() -> None:
    request = asked(Parts(SIDE))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(ours).write(pack_request(request), request.data)
        assert read_request(Connection(theirs)) == request
    pixels = np.arange(np.prod(Parts(SIDE).shape), dtype=np.uint8).reshape(Parts(SIDE).shape)
    found = heard(pack_drawn(PICTURE._replace(pixels=pixels)), request)
    assert isinstance(found, Picture)
    assert (found.pixels == pixels).all()
    assert found[1:] == PICTURE[1:]
    with pytest.raises(GarbledReply):
        heard(pack_drawn(PICTURE), request)


def test_a_reply_arrives_as_it_was_sent() -> None:
    found = heard(pack_drawn(PICTURE), asked())
    assert isinstance(found, Picture)
    assert (found.pixels == PIXELS).all()
    assert found[1:] == PICTURE[1:]
    for facts in (NO_FACTS, Facts(lens="f/2"), Facts(gps=Place(lat=0, lon=0)), Facts(taken_at=0)):
        found = heard(pack_drawn(PICTURE._replace(facts=facts)), asked())
        assert isinstance(found, Picture)
        assert found.facts == facts
    assert heard(pack_drawn(WEBP), asked(Thumbnail(SIDE))) == WEBP
    assert heard(pack_text(ReplyKind.COSTLY), asked(any_cost=False)) is None
    refusal = heard(pack_text(ReplyKind.REFUSED, "corrupt\nIt is."), asked())
    assert isinstance(refusal, PictureError)
    assert (refusal.code, refusal.detail) == ("corrupt", "It is.")


@pytest.mark.parametrize(
    ("parts", "request_"),
    [
        (pack_drawn(PICTURE), asked(Square(SIDE + 1))),
        (pack_drawn(PICTURE), asked(max_pixels=599)),
        (pack_drawn(PICTURE._replace(width=0)), asked()),
        (pack_drawn(PICTURE), asked(Thumbnail(SIDE))),
        (pack_drawn(WEBP), asked()),
        (pack_drawn(b"RIFF\0\0\0\0WAVE"), asked(Thumbnail(SIDE))),
        (pack_drawn(WEBP + bytes(10_000)), asked(Thumbnail(SIDE))),
        (pack_text(ReplyKind.COSTLY), asked()),
        (pack_text(ReplyKind.READY), asked()),
        (pack_text(ReplyKind.REFUSED, "missing\nNo decoder can know that."), asked()),
        (pack_text(ReplyKind.REFUSED, "corrupt\nTwo\nlines."), asked()),
        (pack_text(ReplyKind.REFUSED), asked()),
    ],
)
def test_what_was_not_asked_for_is_refused(parts: tuple[bytes, ...], request_: Request) -> None:
    with pytest.raises(GarbledReply):
        heard(parts, request_)


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ((16, 0, 0, 0, 0, 0), b""),
        ((1, 2**62, 0, 0, 0, 0), b""),
        ((2, 0, 0, 0, 0, 0), b""),
        ((2, 0, 0, 0, 3, 0), b"a\nb"),
        ((4, 0, 0, 0, 0, 1), b"\xff"),
        ((2, 0, 0, 0, MAX_NAME + 1, 0), b"a" * (MAX_NAME + 1)),
        ((2, 0, 0, 0, 65_535, 0), b"a" * 65_535),
        ((8, 0, 90.5, 0, 0, 0), b""),
        ((8, 0, 0, float("nan"), 0, 0), b""),
        ((8, 0, 0, float("inf"), 0, 0), b""),
    ],
)
def test_facts_beyond_their_limits_are_refused(facts: tuple[float, ...], names: bytes) -> None:
    header, drawn = pack_drawn(PICTURE)
    packed = struct.pack("<BqddHH", *facts)
    with pytest.raises(GarbledReply):
        heard((header, drawn[: PIXELS.nbytes], packed, names), asked())


def test_no_bytes_are_more_than_garbage() -> None:
    dice = np.random.default_rng(3)
    for _ in range(2000):
        header = dice.bytes(18)
        if dice.integers(2):
            header = bytes([int(dice.integers(5))]) + header[1:10] + bytes(8)
        with pytest.raises((GarbledReply, EOFError)):
            heard((header, dice.bytes(40)), asked())
