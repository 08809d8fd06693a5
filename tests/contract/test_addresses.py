"""Pictures named by their addresses: searched by, and loaded."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.workers import Encoder
from tests.web import Web, reply

Stored = Sequence[ImageRow]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(**{**settings.model_dump(), "fetch_allow": "127.0.0.1/32"})


@pytest.fixture
def web(picture: bytes) -> Iterator[Web]:
    """A server of the first stored image, and of other things."""
    web = Web()
    web.pages = {
        "/a.jpg": reply(200, picture),
        "/moved": reply(302, Location="/a.jpg"),
        "/inside": reply(302, Location="http://10.0.0.1/a.jpg"),
        "/page": reply(200, b"<!doctype html>" + bytes(100)),
        "/torn": reply(200, picture[:100]),
    }
    with web.serve():
        yield web


def address(web: Web, path: str) -> str:
    return web.url(path, "127.0.0.1")


def ids(found: httpx.Response) -> list[str]:
    assert found.status_code == 200, found.text
    return [hit["id"] for hit in found.json()["hits"]]


def test_a_search_by_an_address(
    api: httpx.Client, stored: Stored, url: str, web: Web, picture: bytes
) -> None:
    by_file = api.post(f"{url}/search", files={"file": picture}, data={"top_k": "3"})
    for path in ("/a.jpg", "/moved"):
        form = {"url": address(web, path), "top_k": "3"}
        assert ids(api.post(f"{url}/search", data=form)) == ids(by_file)
    cropped = {"url": address(web, "/a.jpg"), "crop": "0,0,0.5,0.5"}
    assert api.post(f"{url}/search", data=cropped).status_code == 200


def test_an_address_is_an_example(
    api: httpx.Client, stored: Stored, url: str, web: Web, encoder: Encoder
) -> None:
    crop = {"x": 0, "y": 0, "width": 0.5, "height": 0.5}
    example = {"url": address(web, "/a.jpg")}
    body: dict[str, Any] = {"positive": [example], "top_k": 1}
    assert ids(api.post(f"{url}/query", json=body)) == [stored[0].id]
    body = {"positive": [{**example, "crop": crop}], "negative": [example]}
    assert ids(api.post(f"{url}/query", json=body))
    batch = {"queries": [{"positive": [example]}, {"positive": [{"url": "file:///etc/passwd"}]}]}
    first, second = api.post(f"{url}/query/batch", json=batch).json()["results"]
    assert first["hits"][0]["id"] == stored[0].id
    assert second["error"]["code"] == "fetch_forbidden"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/gone.jpg", "http_404"),
        ("/inside", "fetch_forbidden"),
        ("/page", "unsupported_format"),
        ("/torn", "truncated"),
        ("http://127.0.0.2/a.jpg", "fetch_forbidden"),
        ("http://localhost.invalid/a.jpg", "fetch_failed"),
        ("http://[::1]/a.jpg", "fetch_forbidden"),
        ("ftp://example.com/a.jpg", "fetch_forbidden"),
        ("a.jpg", "fetch_forbidden"),
    ],
)
def test_addresses_that_cannot_be_searched_by(
    path: str, code: str, api: httpx.Client, stored: Stored, url: str, web: Web
) -> None:
    given = address(web, path) if path.startswith("/") else path
    problem(api.post(f"{url}/search", data={"url": given}), 422, code)
    problem(api.post(f"{url}/query", json={"positive": [{"url": given}]}), 422, code)


def test_a_search_has_a_file_or_an_address(
    api: httpx.Client, stored: Stored, url: str, web: Web, picture: bytes
) -> None:
    form, files = {"url": address(web, "/a.jpg")}, {"file": picture}
    both = api.post(f"{url}/search", data=form, files=files)
    problem(both, 422, "validation_error")
    problem(api.post(f"{url}/search", data={"top_k": "3"}), 422, "validation_error")
    assert not web.asked


def test_nothing_is_fetched_for_a_collection_that_is_not_there(
    api: httpx.Client, stored: Stored, web: Web
) -> None:
    nowhere, form = "/api/v2/collections/nowhere", {"url": address(web, "/a.jpg")}
    problem(api.post(f"{nowhere}/search", data=form), 404, "collection_not_found")
    problem(api.post(f"{nowhere}/query", json={"positive": [form]}), 404, "collection_not_found")
    assert not web.asked


def test_loads_of_addresses_are_queued(
    api: httpx.Client, stored: Stored, url: str, settings: Settings
) -> None:
    urls = ["https://a.example/1.jpg", " https://a.example/1.jpg#top ", "https://a.example/2.jpg"]
    job = api.post(f"{url}/jobs", json={"source": {"kind": "urls", "urls": urls}})
    assert job.status_code == 202, job.text
    expected = {"kind": "urls", "addresses": 2, "path": None, "column": None}
    assert job.json()["source"] == expected
    Path(settings.image_roots[0], "list.csv").write_text("url\n")
    body = {"source": {"kind": "urls", "path": "list.csv", "column": "url"}}
    listed = api.post(f"{url}/jobs", json=body).json()["source"]
    assert (listed["addresses"], listed["column"]) == (None, "url")
    assert listed["path"].endswith("/list.csv")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"kind": "urls"}, "validation_error"),
        ({"kind": "urls", "urls": []}, "validation_error"),
        ({"kind": "urls", "urls": ["https://a.example"], "path": "a"}, "validation_error"),
        ({"kind": "urls", "urls": ["https://a.example"], "column": "a"}, "validation_error"),
        ({"kind": "urls", "urls": ["https://a.example"] * 10_001}, "validation_error"),
        ({"kind": "urls", "path": "nothing.txt"}, "path_not_found"),
        ({"kind": "urls", "path": "."}, "not_a_file"),
        ({"kind": "urls", "path": "/etc/passwd"}, "path_outside_roots"),
        ({"kind": "ftp", "urls": ["https://a.example"]}, "validation_error"),
    ],
)
def test_loads_that_are_refused(
    source: dict[str, Any], code: str, api: httpx.Client, stored: Stored, url: str
) -> None:
    problem(api.post(f"{url}/jobs", json={"source": source}), 422, code)


def test_addresses_have_nothing_to_sync(api: httpx.Client, stored: Stored, url: str) -> None:
    source = {"kind": "urls", "urls": ["https://a.example/1.jpg"]}
    body = {"source": source, "sync": True}
    problem(api.post(f"{url}/jobs", json=body), 422, "validation_error")
