"""What the client's generator makes of operations that the API has not, or not yet."""

from collections.abc import Mapping
from typing import Any

import pytest

from lookalike_client.call import Call
from lookalike_client_generator.calls import calls_module
from lookalike_client_generator.methods import methods_module
from lookalike_client_generator.operations import operations

_BODY = {
    "type": "object",
    "properties": {
        "file": {"anyOf": [{"type": "string", "format": "binary"}, {"type": "null"}]},
        "url": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "metadata": {"type": "string"},
    },
}
_DOCUMENT: dict[str, Any] = {
    "components": {"schemas": {"Body_send_thing": _BODY}},
    "paths": {
        "/things/{thing}": {
            "post": {
                "operationId": "send_thing",
                "summary": "Send a thing.",
                "description": "A backslash: \\d.\n\nAnother\nparagraph.",
                "parameters": [
                    {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    },
                    {"name": "kinds", "in": "query", "schema": {"enum": ["a", "b"]}},
                ],
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {"$ref": "#/components/schemas/Body_send_thing"}
                        }
                    }
                },
                "responses": {
                    "202": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "204": {"description": "Nothing."},
                    "404": {"content": {"application/problem+json": {"schema": {}}}},
                },
            }
        }
    },
}


@pytest.fixture
def module() -> dict[str, Any]:
    """The generated module of calls."""
    found: dict[str, Any] = {}
    exec(calls_module(operations(_DOCUMENT)), found)
    return found


def test_a_file_that_need_not_be_given_comes_first(module: dict[str, Any]) -> None:
    send = module["send_thing"]

    by_file: Call[Any] = send("a/b", b"bytes", kinds="a", metadata={"x": 1})
    by_url: Call[Any] = send("t", url="https://x/")

    assert by_file.url == "/things/a%2Fb"
    assert by_file.parts == [("file", "picture", b"bytes")]
    assert by_file.fields == {"metadata": ['{"x": 1}']}
    assert by_file.params == [("kinds", "a")]
    assert by_url.parts == []
    assert by_url.fields == {"url": ["https://x/"]}


def test_a_call_with_an_idempotency_key_can_be_given_one(module: dict[str, Any]) -> None:
    assert module["send_thing"]("t").headers == {"Idempotency-Key": None}
    assert module["send_thing"]("t", idempotency_key="k").sent_headers() == {"Idempotency-Key": "k"}


def test_results_and_descriptions(module: dict[str, Any]) -> None:
    send = module["send_thing"]

    assert send.__annotations__["return"] == Call[Mapping[str, Any] | None]
    assert set(send("t").replies) == {202, 204}
    assert send.__doc__.startswith("Send a thing.\n\n")
    assert "A backslash: \\d." in send.__doc__
    assert "Another paragraph." in send.__doc__
    assert "send_thing = AsyncMethod(calls.send_thing)" in methods_module(operations(_DOCUMENT))
