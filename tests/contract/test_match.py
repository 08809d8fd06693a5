"""`match` in every search reply, and searches that ask for a least one."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared.domain.image import ImageRow
from shared.domain.match import MatchCurve, curve_of
from shared.files.uris import file_path, file_uri
from shared.settings import Settings
from shared.store import Collections, ImageWriter, MilvusConnection
from tests.contract.calls import problem, search
from tests.contract.workers import WEIGHTS, Encoder, index, row_of, vector_of
from tests.drawn import draw_files

IMAGENET = "imagenet-4a1ffb70"
#: Cosines of the stored images to the first one.
COSINES = (1.0, 0.998, 0.96, 0.9, 0.85, 0.8, 0.7, 0.4, -0.2)


@pytest.fixture
def library(
    api: httpx.Client, settings: Settings, pictures_root: Path, collection: str
) -> Iterator[list[ImageRow]]:
    """Images at the angles of `COSINES`, in a collection of the bundled weights."""
    with Encoder(settings, weights=IMAGENET):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        paths = draw_files(pictures_root, len(COSINES))
        rows = [row_of(file_uri(path), path.read_bytes(), 1) for path in paths]
        first, aside = vector_of(paths[0].read_bytes()), vector_of(b"aside")
        aside -= first * (first @ aside)
        aside /= np.linalg.norm(aside)
        cosines = np.array(COSINES, np.float32)[:, None]
        milvus = MilvusConnection(settings)
        vectors = cosines * first + np.sqrt(1 - cosines**2) * aside
        ImageWriter(milvus).upsert(collection, rows, vectors.astype(np.float32))
        milvus.close()
        yield rows


@pytest.fixture
def curve() -> MatchCurve:
    found = curve_of(f"vgg16:{IMAGENET}:stretch224:rmac:512:v1")
    assert found is not None
    return found


def replies(
    api: httpx.Client, url: str, rows: list[ImageRow], **asked: Any
) -> dict[str, httpx.Response]:
    """The same question in each way: for what is like the first image."""
    content = Path(rows[0].uri.removeprefix("file://")).read_bytes()
    vector = vector_of(content).tolist()
    example = {"positive": [{"base64": base64.b64encode(content).decode()}], **asked}
    best = {"positive": [{"vector": vector}], "strategy": "best_score", **asked}
    return {
        "search": search(api, url, content, **asked),
        "vector": api.post(f"{url}/search/vector", json={"vector": vector, **asked}),
        "similar": api.get(f"{url}/images/{rows[0].id}/similar", params=asked),
        "query": api.post(f"{url}/query", json=example),
        "best_score": api.post(f"{url}/query", json=best),
        "batch": api.post(f"{url}/query/batch", json={"queries": [best]}),
    }


def hits_of(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    found = reply.json()
    hits: list[dict[str, Any]] = found.get("results", [found])[0]["hits"]
    return hits


def test_each_hit_has_the_match_of_its_score(
    api: httpx.Client, library: list[ImageRow], url: str, curve: MatchCurve
) -> None:
    for name, reply in replies(api, url, library).items():
        hits = hits_of(reply)
        assert len(hits) == len(library) - (name == "similar"), name
        assert [hit["match"] for hit in hits] == [curve.match(hit["score"]) for hit in hits]
        assert [hit["match"] for hit in hits] == sorted((h["match"] for h in hits), reverse=True)
        assert hits[-1]["match"] == 0
        if name != "similar":
            assert hits[0]["match"] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("least", [0, 0.01, 0.5, 0.95, 1])
def test_a_least_match_leaves_out_what_is_below(
    api: httpx.Client, library: list[ImageRow], url: str, least: float
) -> None:
    everything = replies(api, url, library)
    for name, reply in replies(api, url, library, min_match=least).items():
        wanted = [hit for hit in hits_of(everything[name]) if hit["match"] >= least]
        assert hits_of(reply) == wanted, name


def test_a_least_match_goes_with_offset_least_score_and_filter(
    api: httpx.Client, library: list[ImageRow], url: str, curve: MatchCurve
) -> None:
    least = curve.match(0.8)
    for name, reply in replies(api, url, library, min_match=least, offset=1, top_k=2).items():
        found = [hit["id"] for hit in hits_of(reply)]
        first = 1 + (name == "similar")
        assert found == [row.id for row in library[first : first + 2]], name
    for reply in replies(api, url, library, min_match=least, min_score=0.95).values():
        assert {hit["id"] for hit in hits_of(reply)} <= {row.id for row in library[:3]}
    similar = f"{url}/images/{library[0].id}/similar?path_prefix=/nowhere"
    assert hits_of(api.get(f"{similar}&min_match={least}")) == []


def test_what_is_nearer_to_a_negative_example_is_no_match(
    api: httpx.Client, library: list[ImageRow], url: str
) -> None:
    body = {
        "positive": [{"image": library[0].id}],
        "negative": [{"image": library[3].id}],
        "strategy": "best_score",
    }
    hits = hits_of(api.post(f"{url}/query", json=body))
    assert {hit["match"] for hit in hits if hit["score"] < 0} == {0}
    assert hits_of(api.post(f"{url}/query", json={**body, "min_match": 0.01})) == [
        hit for hit in hits if hit["match"] >= 0.01
    ]


def test_vectors_without_a_curve_have_no_match(
    api: httpx.Client, stored: list[ImageRow], url: str
) -> None:
    for reply in replies(api, url, stored).values():
        assert {hit["match"] for hit in hits_of(reply)} == {None}
    for name, reply in replies(api, url, stored, min_match=0.5).items():
        if name == "batch":
            assert reply.json()["results"][0]["error"]["code"] == "no_match_curve"
        else:
            assert WEIGHTS in problem(reply, 422, "no_match_curve")["detail"]


def test_a_collection_that_was_made_again_has_the_curve_of_its_own(
    api: httpx.Client, library: list[ImageRow], settings: Settings, url: str, collection: str
) -> None:
    """The gateway remembers the fingerprint that it saw last."""
    vector = {"vector": vector_of(b"any").tolist(), "min_match": 0.5}
    ask = f"{url}/search/vector"
    assert api.post(ask, json=vector).status_code == 200
    for weights, status in ((WEIGHTS, 422), (IMAGENET, 200)):
        milvus = MilvusConnection(settings)
        collections = Collections(milvus, settings)
        collections.drop(collection)
        collections.create(collection, weights=weights, pooling="gem")
        milvus.close()
        assert api.post(ask, json=vector).status_code == status


def test_where_regions_are_searched_match_has_a_curve_of_its_own(
    api: httpx.Client, library: list[ImageRow], settings: Settings, url: str, collection: str
) -> None:
    api.delete(url).raise_for_status()
    body = {"name": collection, "regions": True}
    api.post("/api/v2/collections", json=body).raise_for_status()
    rows = index(settings, collection, [file_path(row.uri) for row in library])
    target = vector_of(file_path(rows[0].uri).read_bytes()) + vector_of(b"aside") / 2
    query = {"positive": [{"vector": target.tolist()}]}
    for strategy, regions in (("average", True), ("best_score", False)):
        curve = curve_of(f"vgg16:{IMAGENET}:stretch224:rmac:512:v1", regions=regions)
        assert curve is not None
        asked = {**query, "strategy": strategy}
        first = hits_of(api.post(f"{url}/query", json=asked))[0]
        assert 0.8 < first["score"] < 0.95
        assert first["match"] == curve.match(first["score"])
        for least, count in ((first["match"], 1), (first["match"] + 0.001, 0)):
            reply = api.post(f"{url}/query", json={**asked, "min_match": least})
            assert len(hits_of(reply)) == count


@pytest.mark.parametrize("wrong", [-0.1, 1.1, "much"])
def test_a_least_match_is_a_probability(
    api: httpx.Client, library: list[ImageRow], url: str, wrong: Any
) -> None:
    for name, reply in replies(api, url, library, min_match=wrong).items():
        if name == "batch":
            assert "min_match" in reply.json()["results"][0]["error"]["detail"]
        else:
            assert "min_match" in problem(reply, 422, "validation_error")["detail"]
