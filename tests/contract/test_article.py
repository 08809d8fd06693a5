"""v1: the article's five calls answer exactly as it describes."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.ledger import Jobs
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import plain, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder, index
from tests.drawn import draw, draw_files
from tests.services import wait_until

WAYS = ["json", "data", "params"]


@pytest.mark.parametrize("way", WAYS)
def test_train_starts_a_load_however_it_is_told(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    settings: Settings,
    collection: str,
    pictures_root: Path,
    way: str,
) -> None:
    given: dict[str, Any] = {way: {"Table": collection, "File": str(pictures_root)}}

    plain(api.post("/api/v1/train", **given), "Start")

    job = Jobs(redis, settings).newest_of_directory()
    assert job is not None
    assert job.spec.collection == collection
    assert job.spec.source.model_dump() == {
        "kind": "directory",
        "path": str(pictures_root),
        "recursive": True,
        "pattern": None,
        "exclude": (),
    }


def test_train_takes_the_default_table(
    api: httpx.Client, encoder_seen: None, redis: RedisClient, settings: Settings
) -> None:
    root = str(settings.image_roots[0])

    plain(api.post("/api/v1/train", json={"File": root}), "Start")

    job = Jobs(redis, settings).newest_of_directory()
    assert job is not None
    assert job.spec.collection == settings.default_collection


def test_train_answers_errors_with_a_real_status(
    api: httpx.Client, encoder_seen: None, pictures_root: Path
) -> None:
    def train(**body: Any) -> httpx.Response:
        return api.post("/api/v1/train", json=body)

    problem(train(), 422, "validation_error")
    problem(train(File=""), 422, "validation_error")
    problem(train(File=5), 422, "validation_error")
    problem(train(File="/etc"), 422, "path_outside_roots")
    problem(train(File="/nothing/here"), 422, "path_outside_roots")
    problem(train(File=str(pictures_root / "no")), 422, "path_not_found")
    problem(train(File=str(pictures_root), Table="a-b"), 422, "validation_error")
    headers = {"Content-Type": "application/json"}
    problem(api.post("/api/v1/train", content="[", headers=headers), 422, "validation_error")
    problem(api.post("/api/v1/train", content="[]", headers=headers), 422, "validation_error")


@pytest.mark.parametrize("way", WAYS)
def test_count_and_delete(
    api: httpx.Client, stored: list[ImageRow], collection: str, way: str
) -> None:
    given: dict[str, Any] = {way: {"Table": collection}}

    plain(api.post("/api/v1/count", **given), "6")
    plain(api.post("/api/v1/count"), "6")
    assert api.post("/api/v1/delete", **given).status_code == 200
    plain(api.post("/api/v1/count", **given), "0")
    reply = api.post("/api/v1/delete", **given)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("way", ["data", "params"])
def test_search_answers_pairs_that_load_in_a_browser(
    api: httpx.Client, stored: list[ImageRow], collection: str, way: str
) -> None:
    picture = Path(stored[2].uri.removeprefix("file://")).read_bytes()
    given: dict[str, Any] = {way: {"Table": collection, "Num": "3"}}

    reply = api.post("/api/v1/search", files={"file": ("a.jpg", picture)}, **given)

    assert reply.headers["content-type"] == "application/json"
    pairs = reply.json()
    assert len(pairs) == 3
    distances = [distance for _, distance in pairs]
    assert distances == sorted(distances)
    assert distances[0] == pytest.approx(0, abs=1e-2)
    assert pairs[0][0] == str(api.base_url.join(f"/data/{stored[2].id}.jpg"))
    shown = httpx.get(pairs[0][0])
    assert shown.content == picture
    assert shown.headers["content-type"] == "image/jpeg"


def test_search_gives_one_by_default_and_names_what_is_wrong(
    api: httpx.Client, stored: list[ImageRow]
) -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    files = {"file": ("a.png", out.getvalue())}

    assert len(api.post("/api/v1/search", files=files).json()) == 1
    problem(api.post("/api/v1/search"), 422, "validation_error")
    problem(api.post("/api/v1/search", data={"file": "text"}), 422, "validation_error")
    problem(api.post("/api/v1/search", files=files, data={"Num": "0"}), 422, "validation_error")
    problem(api.post("/api/v1/search", files=files, data={"Num": "x"}), 422, "validation_error")
    problem(
        api.post("/api/v1/search", files=files, data={"Table": "nowhere"}),
        404,
        "collection_not_found",
    )
    problem(api.post("/api/v1/search", files={"file": b"no"}), 422, "unsupported_format")


def test_pictures_of_other_tables_load_too(
    api: httpx.Client, stored: list[ImageRow], settings: Settings, collection: str
) -> None:
    other = f"{collection}_other"
    api.post("/api/v2/collections", json={"name": other}).raise_for_status()
    (path,) = draw_files(settings.image_roots[0] / "other", 1, first=70)
    (row,) = index(settings, other, [path])

    ((url, _),) = api.post(
        "/api/v1/search", files={"file": path.read_bytes()}, data={"Table": other}
    ).json()

    assert httpx.get(url).content == path.read_bytes()
    assert api.get(f"/data/{row.id}.jpg").content == path.read_bytes()
    problem(api.get(f"/data/{row.id}.jpg?Table={collection}"), 404, "image_not_found")
    problem(api.get(f"/data/{'0' * 32}.jpg"), 404, "image_not_found")
    problem(api.get("/data/..%2f..%2fetc%2fpasswd"), 404, "not_found")
    problem(api.get("/data/passwd.txt"), 404, "image_not_found")


def test_addresses_follow_the_public_url(
    settings: Settings, redis: RedisClient, stored: list[ImageRow]
) -> None:
    public = settings.model_copy(update={"public_url": "https://photos.example/find/"})
    picture = Path(stored[0].uri.removeprefix("file://")).read_bytes()
    with serving(public) as api:
        ((url, _),) = api.post("/api/v1/search", files={"file": picture}).json()

    assert url == f"https://photos.example/find/data/{stored[0].id}.jpg"
    assert urlsplit(url).query == ""


def test_an_old_client_goes_through_all_five_calls(
    api: httpx.Client, encoder: Encoder, settings: Settings, pictures_root: Path
) -> None:
    paths = draw_files(pictures_root, 4)

    plain(api.post("/api/v1/train", json={"File": str(pictures_root)}), "Start")

    def over() -> bool:
        current, total = api.get("/api/v1/process").text[9:].split(", total: ")
        return current == total

    wait_until(over, 20, "the end of the load")
    plain(api.get("/api/v1/process"), "current: 4, total: 4")
    plain(api.post("/api/v1/count"), "4")
    pairs = api.post(
        "/api/v1/search", files={"file": paths[0].read_bytes()}, data={"Num": 2}
    ).json()
    assert httpx.get(pairs[0][0]).content == paths[0].read_bytes()
    assert api.post("/api/v1/delete").status_code == 200
    plain(api.post("/api/v1/count"), "0")
