"""Connections to both stores, cut somewhere in a load: it is exact.

Cuts fall into requests and into replies, also into the reply to what was committed.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from encoder_worker.encode.encoder import Encoder
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from tests.integration.library import Library
from tests.integration.rearranged import SPECS, Rearranged
from tests.proxy import Direction, Proxy

#: How many places of a load's traffic are cut, from its first byte to its last.
CUTS = 12


@pytest.fixture
def proxies(settings: Settings) -> Iterator[dict[str, Proxy]]:
    ports = {
        "redis": urlsplit(settings.redis_address).port,
        "milvus": urlsplit(settings.milvus_uri).port,
    }
    opened = {name: Proxy(port) for name, port in ports.items() if port}
    yield opened
    for proxy in opened.values():
        proxy.close()


@pytest.fixture
def library(
    settings: Settings,
    redis: RedisClient,
    proxies: dict[str, Proxy],
    encoder: Encoder,
    decoders: DecoderPool,
) -> Iterator[Library]:
    """A library whose processes reach the stores through proxies."""
    database = urlsplit(settings.redis_address).path
    redis_url = f"redis://127.0.0.1:{proxies['redis'].port}{database}"
    milvus_uri = f"http://127.0.0.1:{proxies['milvus'].port}"
    update = {"redis_url": type(settings.redis_url)(redis_url), "milvus_uri": milvus_uri}
    opened = Library(settings.model_copy(update=update), redis, encoder, decoders)
    yield opened
    opened.close()


@pytest.mark.parametrize("direction", ["request", "reply"])
@pytest.mark.parametrize("store", ["redis", "milvus"])
def test_cut_after_some_bytes(
    library: Library, proxies: dict[str, Proxy], store: str, direction: Direction
) -> None:
    rearranged, proxy = Rearranged(library), proxies[store]

    def load(cut_after: int | None) -> None:
        rearranged.arrange()
        job_id = library.indexing.job(**SPECS["skip"])
        proxy.passed.clear()
        if cut_after is not None:
            proxy.cut_after(cut_after, direction)
        job = library.finish(job_id)
        proxy.heal()
        rearranged.check(job, f"cut after {cut_after} bytes of the {direction}")

    # Once before, so that Redis knows the scripts.
    for _ in range(2):
        load(None)
    total = proxy.passed[direction]
    for number in range(CUTS):
        load(1 + number * total // CUTS)
    told = f"{proxy.cuts} cuts in {total} bytes of each {direction} of {store}"
    print(told)  # noqa: T201 - shown by -rP
    # A load may need a few bytes less than the first one did.
    assert proxy.cuts >= CUTS - 2, told
