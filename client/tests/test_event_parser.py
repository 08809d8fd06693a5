"""The parser of Server-Sent Events, however the stream is cut."""

import pytest

from lookalike_client.events import EventParser

STREAM = (
    "\ufeffretry: 1500\r\n: a comment\r\n\r\n"
    "event: progress\nid: 1\ndata: one\ndata:two\n\n"
    "data: plain\r\r"
    "event: nothing\n\n"
    "retry: soon\nid: a\0b\nevent: end\ndata\ndata: x: y\n\n"
    "data: cut off"
)
EVENTS = [("progress", "one\ntwo"), ("message", "plain"), ("end", "\nx: y")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_the_same_however_they_are_cut(size: int) -> None:
    parser = EventParser()

    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    found = [event for piece in pieces for event in parser.feed(piece)]

    assert found == EVENTS
    assert parser.last_id == "1"
    assert parser.retry == 1.5


def test_a_new_connection_forgets_half_an_event_and_keeps_the_id() -> None:
    parser = EventParser()
    list(parser.feed("id: 7\ndata: a\n\ndata: half"))

    parser.reset()

    assert list(parser.feed("\n\ndata: b\n\n")) == [("message", "b")]
    assert parser.last_id == "7"
