"""The page, or instructions to build it, and the docs without the internet."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.http import problems
from gateway.http.request_log import RequestLog
from gateway.http.web_page import DIST, Page
from tests.contract.calls import problem
from tests.contract.server import serving_app

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/", "/library", "/jobs", "/c/holidays/search"])
def test_the_page_or_its_stand_in_answers_at_its_addresses(api: httpx.Client, path: str) -> None:
    reply = api.get(path, headers=HTML)

    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["cache-control"] == "no-cache"
    policy = reply.headers["content-security-policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'self'"):
        assert rule in policy
    assert "script-src" not in policy
    if not (DIST / "index.html").is_file():
        assert "make page" in reply.text


def test_programs_and_wrong_addresses_get_no_page(api: httpx.Client) -> None:
    problem(api.get("/library"), 404, "not_found")
    problem(api.post("/library", headers=HTML), 404, "not_found")
    for path in ("/api/v2/nothing", "/data/nothing", "/assets/gone.js", "/health/nothing"):
        assert api.get(path, headers=HTML).status_code == 404, path


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_docs_load_nothing_from_elsewhere(api: httpx.Client, path: str) -> None:
    page = api.get(path)

    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert sources
    for source in sources:
        assert source.startswith("/"), source
        assert api.get(source).status_code == 200, source
    policy = page.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy or path == "/redoc"
    assert "http" not in policy


def test_the_docs_are_files_of_ours(api: httpx.Client) -> None:
    problem(api.get("/docs/assets/../../../etc/passwd"), 404, "not_found")
    problem(api.get("/docs/assets/%2e%2e/%2e%2e/core.py"), 404, "not_found")
    assert "swagger" in api.get("/docs/assets/swagger-ui.css").text


@pytest.fixture
def built(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server of a built page, with a secret beside it."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>built</title>")
    (dist / "assets" / "app-1a2b.js").write_text("let x")
    (dist / "assets" / "large-3c4d.js").write_text("let large")
    (dist / "assets" / "large-3c4d.js.gz").write_bytes(gzip.compress(b"let large"))
    (dist / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    app = FastAPI(docs_url=None, redoc_url=None)
    app.add_middleware(RequestLog)
    problems.install(app)
    app.router.default = Page(dist)
    with serving_app(app) as client:
        yield client


def test_built_files_are_kept_by_browsers(built: httpx.Client) -> None:
    script = built.get("/assets/app-1a2b.js")
    again = built.get("/assets/app-1a2b.js", headers={"If-None-Match": script.headers["etag"]})

    assert script.text == "let x"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304
    assert built.get("/favicon.svg").headers["cache-control"] == "no-cache"


def test_built_files_come_compressed_to_who_takes_them_so(built: httpx.Client) -> None:
    packed = built.get("/assets/large-3c4d.js", headers={"Accept-Encoding": "gzip"})
    plain = built.get("/assets/large-3c4d.js", headers={"Accept-Encoding": "identity"})
    again = built.get(
        "/assets/large-3c4d.js",
        headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]},
    )

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    for reply in (packed, plain):
        assert reply.text == "let large"
        assert "javascript" in reply.headers["content-type"]
        assert reply.headers["vary"] == "Accept-Encoding"
    assert again.status_code == 304
    assert "immutable" in packed.headers["cache-control"]


def test_the_built_page_answers_its_deep_links(built: httpx.Client) -> None:
    for path in ("/", "/library", "/index.html"):
        reply = built.get(path, headers=HTML)
        assert "built" in reply.text
        assert reply.headers["cache-control"] == "no-cache"
        assert "default-src 'self'" in reply.headers["content-security-policy"]


def test_nothing_beside_the_built_files_is_served(built: httpx.Client) -> None:
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"):
        assert "secret" not in built.get(path).text
        assert "secret" not in built.get(path, headers=HTML).text
    problem(built.get("/assets", headers=HTML), 404, "not_found")
