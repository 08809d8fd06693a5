"""A gateway killed at every call of a client's DELETE: the client asks again, and all is gone."""

import contextlib
import time

from shared.errors import NotFound
from shared.ledger import Scans, scripts
from shared.queue import SCAN
from shared.redis import RedisClient
from shared.store import Collections, Images, ImageWriter
from tests.crash_points import CrashPoints, Doomed, Killed, Point
from tests.integration.gateway.client import Client
from tests.integration.gateway.conftest import OpenSweep
from tests.integration.shared.store.samples import make_row, make_vectors
from tests.orphans import orphans


def test_killed_at_every_point(
    client: Client,
    empty: str,
    collections: Collections,
    images: Images,
    writer: ImageWriter,
    redis: RedisClient,
    open_sweep: OpenSweep,
) -> None:
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            redis.script_load(text)
    points = CrashPoints()

    def delete(point: Point | None) -> Doomed:
        """Delete an upload that a running load has counted, and another that nobody has loaded."""
        mine, other = client.put(1, 2)
        job = client.queue(mine, other).spec.id
        Scans(redis, "indexer").begin(job)
        rows = [make_row(n, uri=ref.uri, job=job) for n, ref in enumerate((mine, other))]
        writer.upsert(empty, rows, make_vectors(2))
        doomed, told = Doomed(point), str(point)
        with points.process(doomed, "gateway"), contextlib.suppress(Killed):
            client.delete(rows[0])
        # The lock of a gateway that died ends by itself.
        for key in redis.scan_iter(match=f"lookalike:collection:{empty}:row:*"):
            assert redis.ttl(key) > 0, told
            redis.delete(key)
        with contextlib.suppress(NotFound):
            client.delete(rows[0])
        assert set(images.get_many(empty, [row.id for row in rows], strong=True)) == {rows[1].id}
        assert Scans(redis, "onlooker").accounted(job, [row.id for row in rows]) == [True, False]
        client.jobs.cancel(job)
        redis.delete(SCAN)  # no indexer takes the load's message
        time.sleep(0.06)
        open_sweep(0.05).sweep()
        assert (client.path(mine).exists(), client.path(other).exists()) == (False, True), told
        assert orphans(redis) == [], told
        return doomed

    with points.installed():
        enumerated = list(delete(None).points())
        for point in enumerated:
            assert delete(point).dead.is_set(), point
    told = ", ".join(map(str, enumerated))
    print(f"{len(enumerated)} points of the gateway: {told}")  # noqa: T201 - shown by -rP
    assert len(enumerated) >= 8
