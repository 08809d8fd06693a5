"""Fetches of one host: so many at once, and none while it wants a pause."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from shared.errors import PictureError
from shared.fetch.fetcher import FetchLimits
from tests.web import PICTURE, Names, Web, fetch, fetcher, reply


def test_a_fetch_waits_for_others_no_longer_than_it_has_patience(web: Web, names: Names) -> None:
    web.pages["/busy"] = reply(503, Retry_After="50")
    one, stop = fetcher(names), threading.Event()
    with pytest.raises(PictureError):
        one.fetch(web.url("/busy"), io.BytesIO(), FetchLimits(1 << 20, 20, 1), stop)

    with pytest.raises(PictureError) as refused:
        one.fetch(web.url("/busy"), io.BytesIO(), FetchLimits(1 << 20, 20, 1, 0.1), stop)
    assert refused.value.code == "fetch_timeout"
    assert web.asked == ["/busy"]


def test_so_many_of_one_host_at_once(web: Web, names: Names) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def counted(handler: BaseHTTPRequestHandler) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        reply(200, PICTURE)(handler)

    web.pages["/page"] = counted
    one = fetcher(names, fetch_per_host=2)
    threads = [threading.Thread(target=fetch, args=(one, web.url("/page"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(web.asked) == 8
    assert most <= 2
