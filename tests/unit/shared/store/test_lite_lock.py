import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from shared.errors import NotFound, Unavailable
from shared.store import lite_lock
from shared.store.lite_lock import CollectionLock

_HOLDER = """
import sys, time
from pathlib import Path
from shared.store.lite_lock import CollectionLock
with CollectionLock(Path(sys.argv[1])).writing("pictures"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    busy: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        mine = CollectionLock(tmp_path)
        for _ in range(20):
            with mine.writing("pictures") if number % 2 else mine.reading("pictures"):
                busy.append(number)
                most.append(len(busy))
                time.sleep(0.0005)
                busy.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


def test_collections_do_not_wait_for_each_other(tmp_path: Path) -> None:
    mine = CollectionLock(tmp_path)
    with mine.writing("pictures"), mine.writing("others"):
        pass


def test_a_turn_that_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite_lock, "_PATIENCE_SECONDS", 0.05)
    mine = CollectionLock(tmp_path)
    with (
        mine.reading("pictures"),
        pytest.raises(Unavailable) as refusal,
        mine.writing("pictures"),
    ):
        pytest.fail("two at once")
    assert refusal.value.code == "milvus_unavailable"
    with mine.reading("pictures"):
        pass


async def test_an_event_loop_waits_without_being_blocked(tmp_path: Path) -> None:
    mine = CollectionLock(tmp_path)
    done: list[str] = []

    async def read() -> None:
        async with mine.reading_async("pictures"):
            done.append("read")

    with mine.writing("pictures"):
        waiting, abandoned = asyncio.ensure_future(read()), asyncio.ensure_future(read())
        await asyncio.sleep(0.05)
        abandoned.cancel()
        assert done == []
    await waiting
    with mine.writing("pictures"):
        assert done == ["read"]


def test_a_killed_writer_gives_its_turn_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        os.kill(holder.pid, signal.SIGKILL)
    monkeypatch.setattr(time, "sleep", naps.append)
    mine = CollectionLock(tmp_path)
    with mine.writing("pictures"):
        # What the dead one asked for may still be under way in the server.
        assert lite_lock._SETTLE_SECONDS in naps
        naps.clear()
    with mine.reading("pictures"):
        assert naps == []


@pytest.mark.parametrize(
    ("error", "settles"),
    [(Unavailable("milvus_unavailable", "x"), True), (NotFound("image_not_found", "x"), False)],
)
def test_only_a_write_without_an_answer_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, settles: bool
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    mine = CollectionLock(tmp_path)
    with pytest.raises(type(error)), mine.writing("pictures"):
        raise error
    with mine.writing("pictures"):
        assert bool(naps) is settles
