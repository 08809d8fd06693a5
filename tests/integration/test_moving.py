"""A collection exported, imported and renamed by the whole system."""

from typing import Any

from tests.drawn import draw_files
from tests.stack import Stack


def pictures_of(stack: Stack, collection: str) -> list[dict[str, Any]]:
    """All images with their vectors, without what has the collection's name in it."""
    base, found = f"/api/v2/collections/{collection}", []
    for image in stack.images(collection):
        whole = stack.client.get(f"{base}/images/{image['id']}", params={"with_vector": True})
        found.append({k: v for k, v in whole.json().items() if not k.endswith("_url")})
    return sorted(found, key=lambda image: str(image["id"]))


def test_counts_and_vectors_are_equal_and_searches_go_on(stack: Stack) -> None:
    client, base = stack.client, "/api/v2/collections"
    folder = stack.image_root / "moving"
    picture = draw_files(folder, 12)[0].read_bytes()
    body = {"name": "moving", "descriptor": {"pooling": "gem"}, "regions": True}
    client.post(base, json=body).raise_for_status()
    assert stack.wait_job(stack.load("moving", folder, tags=["a"])["id"])["status"] == "done"
    upload = client.post(f"{base}/moving/images", files={"files": picture}, params={"wait": True})
    assert upload.status_code == 200, upload.text

    export = stack.wait_job(client.post(f"{base}/moving/exports").json()["id"])
    assert (export["status"], export["unchanged"]) == ("done", 13)
    manifest = client.get(f"{base}/moving/exports/{export['id']}").json()
    assert (manifest["images"], manifest["region_vectors"], manifest["uploads"]) == (13, 65, 1)
    made = client.post(base, json={"name": "moved", "from_export": export["id"]})
    assert made.status_code == 202, made.text
    assert stack.wait_job(made.json()["id"])["status"] == "done"

    assert client.get(f"{base}/moved").json()["count"] == 13
    assert pictures_of(stack, "moved") == pictures_of(stack, "moving")
    before, after = (stack.search(name, picture, top_k=5)["hits"] for name in ("moving", "moved"))
    assert [(hit["id"], hit["score"]) for hit in before] == [(h["id"], h["score"]) for h in after]
    (uploaded,) = (hit for hit in after if hit["uri"].startswith("upload:"))
    assert client.get(uploaded["content_url"]).content == picture
    # What was loaded is known, as if it had been loaded here.
    again = stack.wait_job(stack.load("moved", folder)["id"])
    assert (again["indexed"], again["unchanged"]) == (0, 12)

    renamed = client.patch(f"{base}/moved", json={"name": "settled", "keep_alias": True})
    assert renamed.json()["aliases"] == ["moved"], renamed.text
    for name in ("settled", "moved"):
        hits = stack.search(name, picture, top_k=5)["hits"]
        assert [hit["id"] for hit in hits] == [hit["id"] for hit in after]
        assert client.get(hits[0]["content_url"]).content == picture
    again = stack.wait_job(stack.load("moved", folder)["id"])
    assert (again["collection"], again["indexed"]) == ("settled", 0)
    for name in ("moving", "settled"):
        assert client.delete(f"{base}/{name}").status_code == 204
    assert client.delete(f"{base}/moving/exports/{export['id']}").status_code == 204
