"""Re-encodings: started, shown, given up; what is searched before and after."""

from collections.abc import Iterator

import httpx
import pytest

from shared.domain.collection import Edition
from shared.domain.fingerprint import fingerprint
from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store import Collections, Editions, ImageWriter, MilvusConnection
from tests.contract.calls import problem
from tests.contract.workers import WEIGHTS, Encoder, vector_of


@pytest.fixture
def empty(api: httpx.Client, settings: Settings, collection: str, url: str) -> Iterator[str]:
    """The re-encoding of an empty collection, for which nobody takes jobs."""
    with Encoder(settings, answers=False):
        body = {"name": collection, "descriptor": {"pooling": "avg"}}
        api.post("/api/v2/collections", json=body).raise_for_status()
        yield f"{url}/reencode"


def test_started_and_given_up(api: httpx.Client, empty: str, collection: str) -> None:
    problem(api.get(empty), 404, "reencoding_not_found")
    problem(api.delete(empty), 404, "reencoding_not_found")
    problem(api.post(empty, json={"pooling": "avg"}), 409, "nothing_to_reencode")
    problem(api.post(empty, json={}), 409, "nothing_to_reencode")
    wrong = {"index": {"type": "HNSW", "params": {"M": 1}}}
    problem(api.post(empty, json=wrong), 422, "invalid_index")
    missing = empty.replace(collection, "nowhere")
    for refused in (api.get(missing), api.delete(missing), api.post(missing, json={})):
        problem(refused, 404, "collection_not_found")

    started = api.post(empty, json={"pooling": "rmac"})
    assert started.status_code == 202
    job = started.json()
    assert started.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert (job["source"]["pooling"], job["source"]["allow_missing"]) == ("rmac", False)
    assert api.post(empty, json={"pooling": "rmac"}).json()["id"] == job["id"]
    problem(api.post(empty, json={"pooling": "gem"}), 409, "reencoding_unfinished")

    assert api.delete(empty).status_code == 204
    assert api.get(f"/api/v2/jobs/{job['id']}").json()["status"] == "cancelled"
    problem(api.delete(empty), 404, "reencoding_not_found")


def test_searches_before_and_after(
    api: httpx.Client,
    settings: Settings,
    stored: list[ImageRow],
    picture: bytes,
    collection: str,
    url: str,
) -> None:
    milvus = MilvusConnection(settings)
    collections = Collections(milvus, settings)
    editions, writer = Editions(milvus, collections), ImageWriter(milvus)
    before = api.get(url).json()

    def search() -> tuple[str, str, float]:
        reply = api.post(f"{url}/search", files={"file": picture}).json()
        similar = api.get(f"{url}/images/{stored[1].id}/similar").json()
        assert similar["encoder"] == reply["encoder"]
        by_example = {"positive": [{"image": stored[1].id}], "with_vector": True}
        assert api.post(f"{url}/query", json=by_example).json()["encoder"] == reply["encoder"]
        return reply["encoder"], reply["hits"][0]["id"], reply["hits"][0]["score"]

    own = (stored[0].id, 1.0)
    assert search() == (before["encoder"], *own)
    made = fingerprint(WEIGHTS, "avg")
    index = collections.get(collection).index
    wanted = Edition(fingerprint=made, pooling="avg", index=index)
    begun = editions.begin(collection, None, "7" * 32, wanted)
    assert api.get(f"{url}/reencode").json()["state"] == "unfinished"
    problem(api.post(f"{url}/reencode", json={"pooling": "gem"}), 409, "reencoding_unfinished")
    identity = collections.identity(collection)
    vectors = {row.id: vector_of(row.uri.encode()) for row in stored}
    vectors[stored[0].id] = vector_of(picture)
    writer.put_beside(identity, stored, vectors)
    tagged = api.patch(f"{url}/images/{stored[1].id}", json={"tags": ["both"]})
    assert tagged.status_code == 200
    assert api.delete(f"{url}/images/{stored[2].id}").status_code == 204
    assert search() == (before["encoder"], *own)

    editions.swap(collection, begun)

    assert search() == (made, *own)
    kept = api.get(f"{url}/reencode").json()
    assert (kept["state"], kept["encoder"], kept["job"]) == ("kept", before["encoder"], "7" * 32)
    problem(api.post(f"{url}/reencode", json={"pooling": "gem"}), 409, "reencoding_kept")
    assert api.get(f"{url}/images/{stored[1].id}").json()["tags"] == ["both"]
    assert api.get(url).json()["count"] == 5

    assert api.delete(f"{url}/reencode").status_code == 204
    assert search() == (made, *own)
    problem(api.get(f"{url}/reencode"), 404, "reencoding_not_found")
    after = api.get(url).json()
    assert (after["encoder"], after["descriptor"]["pooling"]) == (made, "avg")
    milvus.close()
