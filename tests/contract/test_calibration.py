"""The thresholds of a collection: asked for, shown, gone with it."""

from collections.abc import Iterator

import httpx
import pytest

from shared.domain.calibration import MIN_IMAGES, RATES, Calibration, Threshold
from shared.domain.match import curve_of
from shared.ledger import Calibrations, keys
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, ImageWriter, MilvusConnection
from tests.contract.calls import problem
from tests.contract.workers import Encoder
from tests.integration.shared.store.samples import make_row, make_vectors

IMAGENET = "imagenet-4a1ffb70"


@pytest.fixture
def url(api: httpx.Client, settings: Settings, collection: str) -> Iterator[str]:
    """The calibration of a collection of the bundled weights, of one image too few."""
    # Nobody takes jobs, so that they stay queued.
    with Encoder(settings, weights=IMAGENET, answers=False):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        write(settings, collection, MIN_IMAGES - 1)
        yield f"/api/v2/collections/{collection}/calibration"


def write(settings: Settings, collection: str, count: int) -> None:
    milvus = MilvusConnection(settings)
    rows = [make_row(n) for n in range(count)]
    ImageWriter(milvus).upsert(collection, rows, make_vectors(count))
    milvus.close()


def test_thresholds(
    api: httpx.Client, redis: RedisClient, settings: Settings, collection: str, url: str
) -> None:
    refusal = problem(api.get(url), 404, "calibration_not_found")
    assert f"POST {url}" in refusal["detail"]
    assert "there are 45" in problem(api.post(url), 422, "too_few_images")["detail"]
    missing = url.replace(collection, "nowhere")
    problem(api.get(missing), 404, "collection_not_found")
    problem(api.post(missing), 404, "collection_not_found")

    write(settings, collection, MIN_IMAGES)
    started = api.post(url)
    assert started.status_code == 202
    job = started.json()
    assert started.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert (job["source"], job["collection"]) == ({"kind": "calibration"}, collection)
    assert api.post(url).json()["id"] == job["id"]

    identity = api.get(f"/api/v2/collections/{collection}").json()
    known = Threshold(rate=RATES[0], score=0.85, pairs_above=10)
    found = Calibration(
        job=job["id"],
        generation=_generation(settings, collection),
        fingerprint=identity["encoder"],
        computed_at=1_700_000_000,
        images=46,
        collection_images=46,
        pairs=1000,
        identical=20,
        copies=15,
        copy_score=0.96,
        thresholds=(known, *(Threshold(rate=rate) for rate in RATES[1:])),
    )
    Calibrations(redis).record(collection, found)
    shown = api.get(url).json()
    curve = curve_of(identity["encoder"])
    assert curve is not None
    first, *others = shown.pop("thresholds")
    expected = {"score": 0.85, "match": curve.match(0.85), "pairs_above": 10}
    assert first == {"false_match_rate": 0.01, **expected}
    unknown = dict.fromkeys(expected)
    assert others == [{"false_match_rate": rate, **unknown} for rate in RATES[1:]]
    assert shown == {
        **found.model_dump(
            exclude={"generation", "fingerprint", "regions", "computed_at", "thresholds"}
        ),
        "encoder": identity["encoder"],
        "computed_at": "2023-11-14T22:13:20Z",
    }

    _of_another_generation(redis, collection, found)
    problem(api.get(url), 404, "calibration_not_found")
    api.delete(f"/api/v2/collections/{collection}").raise_for_status()
    assert redis.exists(keys.calibration(collection)) == 0


def _generation(settings: Settings, collection: str) -> str:
    milvus = MilvusConnection(settings)
    found = Collections(milvus, settings).identity(collection).generation
    milvus.close()
    return found


def _of_another_generation(redis: RedisClient, collection: str, found: Calibration) -> None:
    """As of a collection of this name that was there before."""
    Calibrations(redis).record(collection, found.model_copy(update={"generation": "g0"}))
