"""Calls as data: what is sent, and how replies are read."""

import json
from pathlib import Path

import pytest

from lookalike_client import UnexpectedReply, calls, models
from lookalike_client.call import Reply, reads


def test_values_in_a_path_are_escaped() -> None:
    assert calls.get_collection("a/b c").url == "/api/v2/collections/a%2Fb%20c"


def test_a_query_string_has_what_was_given() -> None:
    call = calls.list_images(
        "photos",
        tag="é",
        filter={"must": [{"folder": "/a"}]},
        limit=5,
    )

    assert call.params == [
        ("tag", "é"),
        ("filter", '{"must": [{"folder": "/a"}]}'),
        ("limit", "5"),
    ]


def test_a_filter_may_be_a_model() -> None:
    wanted = models.Filter(must=[models.InFolder(folder="/a")])

    assert dict(calls.list_images("photos", filter=wanted).params) == {
        "filter": '{"must":[{"folder":"/a"}]}'
    }


def test_only_what_was_given_of_a_model_is_sent_and_its_kind() -> None:
    body = models.LoadInput(source=models.DirectorySourceInput(path="/photos"), sync=True)

    call = calls.create_job("photos", body)

    assert call.content is not None
    assert json.loads(call.content) == {
        "source": {"kind": "directory", "path": "/photos"},
        "sync": True,
    }
    assert call.sent_headers()["Content-Type"] == "application/json"


def test_a_patch_tells_null_from_nothing() -> None:
    patch = models.ImageUpdate(metadata={"album": None})

    assert calls.update_image("photos", "1", patch, if_match='"a"').content == (
        b'{"metadata":{"album":null}}'
    )
    assert calls.update_image("photos", "1", patch, if_match='"a"').sent_headers() == {
        "if-match": '"a"',
        "Content-Type": "application/json",
    }


def test_a_form_has_fields_and_files() -> None:
    call = calls.upload_images(
        "photos",
        [Path("/p/a.jpg"), b"bytes", ("b.png", b"more")],
        tags=["x", "y"],
        metadata={"a": 1},
        wait=True,
    )

    assert call.parts == [
        ("files", "a.jpg", Path("/p/a.jpg")),
        ("files", "picture", b"bytes"),
        ("files", "b.png", b"more"),
    ]
    assert call.fields == {"tags": ["x", "y"], "metadata": ['{"a": 1}']}
    assert call.params == [("wait", "true")]


def test_a_body_may_be_a_mapping_with_models_in_it() -> None:
    body = {"positive": [models.ImageExample(image="1" * 32)]}

    content = calls.query_images("photos", body).content

    assert content is not None
    assert json.loads(content) == {"positive": [{"image": "1" * 32}]}


def test_misspelt_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="sink"):
        models.LoadInput.model_validate({"source": {"path": "/a"}, "sink": True})


def test_a_reply_of_another_server_is_told() -> None:
    with pytest.raises(UnexpectedReply, match="count: Field required"):
        reads(models.Count)(Reply(200, {}, b"{}"))


def test_new_fields_of_a_newer_server_are_no_matter() -> None:
    read = reads(models.Count)(Reply(200, {}, b'{"count": 3, "shape": "round"}'))

    assert read == models.Count(count=3)
