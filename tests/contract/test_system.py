"""The system, its folders, its health and its metrics."""

import os
import re
from pathlib import Path

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.files.formats import has_picture_extension
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.workers import WEIGHTS, Encoder


def test_the_system_before_any_encoder(api: httpx.Client, settings: Settings) -> None:
    system = api.get("/api/v2/system").json()

    assert (system["encoder"], system["weights"], system["untrained"]) == (None, None, False)
    assert system["workers"] == []
    assert system["queues"] == {"scan": 0, "encode": 0, "query": 0}
    assert system["image_roots"] == [str(settings.image_roots[0])]
    assert system["bucket_roots"] == []
    assert system["default_collection"] == settings.default_collection
    assert system["limits"]["max_upload_mb"] == settings.max_upload_mb
    assert {"lookalike", "python", "fastapi"} <= set(system["versions"])


def test_the_system_names_the_formats_that_it_reads(api: httpx.Client) -> None:
    formats = {one["name"]: one for one in api.get("/api/v2/system").json()["formats"]}

    assert set(formats) == {"jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic"}
    assert formats["tiff"] == {
        "name": "tiff",
        "media_type": "image/tiff",
        "extensions": ["tif", "tiff"],
    }
    # Whoever chooses files by these chooses what a load of a folder takes.
    assert all(
        has_picture_extension(f"a.{extension}")
        for one in formats.values()
        for extension in one["extensions"]
    )


def test_the_system_with_an_encoder(api: httpx.Client, encoder: Encoder) -> None:
    system = api.get("/api/v2/system").json()

    assert system["encoder"] == f"vgg16:{WEIGHTS}:stretch224:rmac:512:v1"
    assert (system["weights"], system["untrained"]) == (WEIGHTS, True)
    assert [worker["queue"] for worker in system["workers"]] == ["encode", "query", "scan"]
    assert all(worker["seen_at"].endswith("Z") for worker in system["workers"])


def test_readiness_names_each_part(api: httpx.Client, encoder: Encoder) -> None:
    reply = api.get("/health/ready")

    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["status"] == "ready"
    for part in ("redis", "milvus", "encoder"):
        assert body[part]["state"] == "ok"
        assert 0 <= body[part]["age_seconds"] < 15


def test_without_an_encoder_it_is_alive_but_not_ready(api: httpx.Client) -> None:
    reply = api.get("/health/ready")

    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.json()["status"] == "not_ready"
    assert reply.json()["redis"]["state"] == reply.json()["milvus"]["state"] == "ok"
    assert reply.json()["encoder"] == {"state": "away", "age_seconds": None}
    assert api.get("/health/live").json() == {"status": "alive"}


def test_the_folders_are_the_roots_and_what_is_below(
    api: httpx.Client, pictures_root: Path, tmp_path: Path
) -> None:
    for name in ("b", "a", "c/d", ".hidden", "\u00e4"):
        (pictures_root / name).mkdir(parents=True)
    (pictures_root / "file.jpg").write_bytes(b"x")
    (pictures_root / "out").symlink_to(tmp_path)
    (pictures_root / "in").symlink_to(pictures_root / "c")
    Path(os.fsdecode(os.fsencode(pictures_root) + b"/\xff")).mkdir()

    def folders(**params: str) -> list[str]:
        return [f["name"] for f in api.get("/api/v2/folders", params=params).json()["items"]]

    root = api.get("/api/v2/folders").json()
    assert root["items"] == [{"name": "pictures", "path": str(pictures_root), "kind": "folder"}]
    assert root["next_cursor"] is None
    assert folders(path=str(pictures_root)) == ["a", "b", "c", "in", "\u00e4"]
    assert folders(path=str(pictures_root / "c")) == ["d"]
    (pictures_root / "c" / "list.csv").write_text("url\n")
    assert folders(path=str(pictures_root / "c"), files="lists") == ["d", "list.csv"]
    assert folders(path=str(pictures_root / "c"), files="archives") == ["d"]
    problem(api.get("/api/v2/folders?files=all"), 422, "validation_error")
    first = api.get("/api/v2/folders", params={"path": str(pictures_root), "limit": 2}).json()
    assert [f["name"] for f in first["items"]] == ["a", "b"]
    assert folders(path=str(pictures_root), cursor=first["next_cursor"]) == ["c", "in", "\u00e4"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", "path_outside_roots"),
        ("..", "path_outside_roots"),
        ("out", "path_outside_roots"),
        ("nothing", "path_not_found"),
        ("file", "not_a_directory"),
    ],
)
def test_folders_elsewhere_are_not_shown(
    api: httpx.Client, pictures_root: Path, tmp_path: Path, path: str, code: str
) -> None:
    (pictures_root / "out").symlink_to(tmp_path)
    (pictures_root / "file").write_bytes(b"x")

    reply = api.get("/api/v2/folders", params={"path": path})

    problem(reply, 422, code)
    assert str(tmp_path) not in reply.text
    problem(api.get("/api/v2/folders?cursor=%25"), 422, "invalid_cursor")


def test_metrics_count_what_matters(
    api: httpx.Client, stored: list[ImageRow], collection: str, redis: RedisClient
) -> None:
    redis.hset("lookalike:stats", mapping={"images:indexed": 7, "encode_seconds": 1.5})
    picture = Path(stored[0].uri.removeprefix("file://")).read_bytes()
    for _ in range(3):
        api.post(
            f"/api/v2/collections/{collection}/search", files={"file": picture}
        ).raise_for_status()
    api.get("/api/v2/jobs/nothing")
    api.get("/api/v2/jobs/nothing_else")
    api.get("/wp-login.php")

    reply = api.get("/metrics")

    assert reply.headers["content-type"].startswith("text/plain")
    values = dict(re.findall(r"^(lookalike_\S+) (\S+)$", reply.text, re.MULTILINE))

    def value(name: str) -> float:
        return float(values[f"lookalike_{name}"])

    assert value("redis_up") == 1
    assert value('images_total{outcome="indexed"}') == 7
    assert value('images_total{outcome="failed"}') == 0
    assert value("encode_seconds_total") == 1.5
    assert value("jobs_active") == 0
    for queue in ("scan", "encode", "query"):
        assert value(f'queue_depth{{queue="{queue}"}}') == 0
        assert value(f'workers{{queue="{queue}"}}') == 1
    for stage in ("encode", "search", "total"):
        assert value(f'search_seconds_count{{stage="{stage}"}}') == 3
    search = 'method="POST",route="/api/v2/collections/{collection}/search",status="200"'
    assert value(f"http_requests_total{{{search}}}") == 3
    assert value('http_requests_total{method="GET",route="/api/v2/jobs/{job}",status="404"}') == 2
    assert value('http_requests_total{method="other",route="other",status="404"}') == 1
    assert collection not in reply.text
