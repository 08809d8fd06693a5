"""Text of any script, and what is no text, in every place that takes some: never a 500."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.domain.image import ImageRow
from tests.contract.calls import png

_SCRIPTS = (
    "\u0635\u0648\u0631",  # Arabic
    "\u6d77\u8fb9",  # Chinese
    "\U0001f3d6\ufe0f\u200d",  # an emoji with a variation selector and a joiner
    "e\u0301\u0323\u0489",  # combining marks
    "\u202eabc",  # right to left from here on
    "\x00",
    "\x7f\x1b",
    "%00%ff%2e%2e",
    "../..",
    'a"\\\n\r\t',
    "\ud800",  # half of a pair
    "\U0010ffff",
    "/",
    "//",
    "file:///\xff",
    "upload://",
    "like%_*?[",
    "-1",
    "1e999",
)
_hostile = st.one_of(
    st.sampled_from(_SCRIPTS),
    st.text(st.characters(), max_size=40),
    st.lists(st.sampled_from(_SCRIPTS), max_size=8).map("".join),
    st.sampled_from(_SCRIPTS).flatmap(
        lambda s: st.sampled_from((256, 4097, 20_000)).map(s.__mul__)
    ),
)


def _in_url(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


class Calls:
    """Every place of the API that takes text."""

    def __init__(self, api: httpx.Client, collection: str, image: str) -> None:
        self._api = api
        self._base = f"/api/v2/collections/{collection}"
        self._image = f"{self._base}/images/{image}"

    def all(self, text: str) -> Iterator[httpx.Response]:
        word = _in_url(text)
        for query in (f"tag={word}", f"path_prefix={word}", f"uri={word}", f"cursor={word}"):
            yield self._api.get(f"{self._base}/images?{query}")
        for query in (f"tag={word}", f"path_prefix={word}"):
            yield self._api.get(f"{self._image}/similar?{query}")
            yield self._api.delete(f"{self._base}/images?{query}none")
        yield self._api.get(f"/api/v2/folders?path={word}")
        yield self._api.get(f"/api/v2/folders?cursor={word}")
        yield self._api.get(f"/api/v2/jobs?collection={word}&cursor={word}&status={word}")
        for path in (f"/api/v2/collections/{word}", f"{self._base}/images/{word}"):
            yield self._api.get(path)
        for path in (f"/api/v2/jobs/{word}", f"/api/v2/jobs/{word}/events", f"/data/{word}.jpg"):
            yield self._api.get(path)
        yield self._api.get(f"{self._image}/content?v={word}")
        yield self._api.get(f"/api/v1/process?Table={word}")
        yield from self._bodies(text)
        yield from self._forms(text)

    def _bodies(self, text: str) -> Iterator[httpx.Response]:
        source = {"kind": "directory", "path": text, "pattern": text or None}
        load = {"source": source, "tags": [text], "metadata": {text: text}}
        yield self._send("POST", f"{self._base}/jobs", load)
        yield self._send("POST", f"{self._base}/jobs", {"source": {"path": f"/{text}"}})
        yield self._send("PATCH", self._image, {"tags": [text]})
        yield self._send("PATCH", self._image, {"metadata": {text: [text, {text: text}]}})
        yield self._send("POST", "/api/v2/collections", {"name": text, "description": text})
        yield self._send("POST", "/api/v1/train", {"File": text, "Table": text})
        yield self._send("POST", "/api/v1/count", {"Table": text})
        vector = {"vector": [1.0] * 512, "tag": text, "path_prefix": text}
        yield self._send("POST", f"{self._base}/search/vector", vector)

    def _forms(self, text: str) -> Iterator[httpx.Response]:
        # UTF-8 has no halves of pairs; as bytes a form can hold them.
        raw = text.encode("utf-8", "surrogatepass")
        fields = ("tags", "metadata", "on_duplicate", "tag", "path_prefix", "crop", "top_k")
        for name in fields:
            path = f"{self._base}/{'images' if name in fields[:3] else 'search'}"
            field = "files" if name in fields[:3] else "file"
            files = [(field, ("a.png", b"no picture")), (name, (None, raw))]
            yield self._api.post(path, files=files)
        named = {"files": (text.encode("utf-8", "replace").decode(), png(1))}
        yield self._api.post(f"{self._base}/images", files=named)

    def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        # Escaped, so that a lone half of a pair reaches the gateway too.
        headers = {"Content-Type": "application/json"}
        return self._api.request(method, path, content=json.dumps(body), headers=headers)


@pytest.mark.timeout(280)
def test_no_text_is_a_fault_of_ours(
    api: httpx.Client, stored: list[ImageRow], collection: str
) -> None:
    calls = Calls(api, collection, stored[0].id)

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(text=_hostile)
    @example(text="\x00")
    @example(text="\ud800")
    @example(text="\U0001f3d6" * 256)
    @example(text="\u0635\u0648\u0631")
    @example(text="e\u0301")
    def try_all(text: str) -> None:
        for reply in calls.all(text):
            assert reply.status_code < 500, (reply.request.method, reply.request.url, reply.text)

    try_all()
