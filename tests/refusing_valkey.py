"""A Valkey that answers and takes no writes, in each way that there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import redis

from tests.services import Valkey, wait_until
from tests.small_disk import SmallDisk, small_disk


class FragileValkey(NamedTuple):
    """A Valkey with a small disk of its own."""

    service: Valkey
    disk: SmallDisk
    client: "redis.Redis"


@contextmanager
def fragile_valkey(folder: Path) -> Iterator[FragileValkey]:
    """Skips the test where a small disk cannot be mounted."""
    with small_disk(folder, 32) as disk:
        service = Valkey(disk.folder)
        client = redis.Redis(port=service.port)
        try:
            yield FragileValkey(service, disk, client)
        finally:
            client.close()
            service.kill()


class Refusal(NamedTuple):
    """A way to refuse: the code that callers are told, how it begins, how it ends."""

    code: str
    begin: Callable[[FragileValkey], object]
    end: Callable[[FragileValkey], object]


def _fill_disk(valkey: FragileValkey) -> None:
    # With `always` it ends when its disk is full, as it cannot take back what it has acknowledged.
    valkey.client.config_set("appendfsync", "everysec")
    valkey.disk.fill()

    def refuses() -> bool:
        try:
            return not valkey.client.set("test:filler", "x" * 10_000)
        except redis.ResponseError as error:
            return "MISCONF" in str(error)

    wait_until(refuses, 20, "a full disk")


def _free_disk(valkey: FragileValkey) -> None:
    valkey.disk.free()
    wait_until(lambda: valkey.client.set("test:filler", ""), 20, "a disk with room")


REFUSALS = [
    Refusal(
        "redis_full",
        lambda valkey: valkey.client.config_set("maxmemory", 1),
        lambda valkey: valkey.client.config_set("maxmemory", 0),
    ),
    Refusal(
        "redis_read_only",
        lambda valkey: valkey.client.replicaof("127.0.0.1", "1"),
        lambda valkey: valkey.client.replicaof("NO", "ONE"),
    ),
    Refusal("redis_not_saving", _fill_disk, _free_disk),
]
