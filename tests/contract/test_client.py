"""Every operation of the API, by both faces of the client."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.app import create_app
from lookalike_client import AsyncClient, Client, models
from shared.domain.image import ImageRow
from shared.settings import Settings
from tests.contract.caller import Caller
from tests.contract.calls import NOTHING, png
from tests.contract.exports import PART, write_export
from tests.services import wait_until


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, api: httpx.Client) -> Iterator[Caller]:
    url = str(api.base_url)
    with asyncio.Runner() as runner:
        if request.param == "sync":
            with Client(url) as client:
                yield Caller(client, runner)
        else:
            awaited = AsyncClient(url)
            yield Caller(awaited, runner)
            runner.run(awaited.aclose())


def test_every_operation(
    call: Caller,
    stored: list[ImageRow],
    picture: bytes,
    collection: str,
    pictures_root: Path,
    settings: Settings,
) -> None:
    job = _jobs(call, collection, pictures_root)
    _sources(call, collection, pictures_root)
    _followers(call, collection)
    _images(call, collection, stored, picture)
    _searches(call, collection, stored, picture)
    _duplicates(call, collection, job)
    _server(call)
    _article(call, collection, stored, picture, pictures_root)
    _deletions(call, collection, stored)
    _moving(call, collection, settings)

    document = create_app(Settings(image_roots=(), data_dir=Path("var"))).openapi()
    operations = {o["operationId"] for path in document["paths"].values() for o in path.values()}
    assert operations <= call.called, "call the new operations here, too"


def _jobs(call: Caller, collection: str, root: Path) -> str:
    source = models.DirectorySourceInput(path=str(root))
    job = call("create_job", collection, models.LoadInput(source=source, tags=["loaded"]))
    assert isinstance(job, models.Job)
    events = call("stream_job_events", job.id)
    assert events[-1].event == "end"
    assert events[-1].job.done == events[-1].job.total == 6
    assert call("get_job", job.id).status == "done"
    assert [item.id for item in call("list_jobs", collection=collection).items] == [job.id]
    assert [item.id for item in call("iterate_jobs", collection=collection, limit=1)] == [job.id]
    assert call("list_job_failures", job.id).items == []
    assert call("list_job_failures_csv", job.id).startswith("uri,")
    for name in ("pause_job", "resume_job", "cancel_job"):
        assert call(name, job.id).status == "done"
    call.refused("nothing_to_retry", "retry_job", job.id)
    identity: str = job.id
    return identity


def _sources(call: Caller, collection: str, root: Path) -> None:
    (root / "empty").mkdir()
    source = models.DirectorySourceInput(path=str(root / "empty"))
    kept = models.StandingSourceInput(source=source, cron="0 3 1 1 *", paused=True)
    made = call("create_source", collection, kept)
    assert isinstance(made, models.StandingSource)
    assert call("get_source", collection, made.id) == made
    assert call("list_sources", collection).items == [made]
    changed = call("update_source", collection, made.id, {"paused": False})
    assert changed.next_run is not None
    job = call("run_source", collection, made.id)
    assert call("stream_job_events", job.id)[-1].event == "end"
    call("delete_source", collection, made.id)
    call.refused("source_not_found", "get_source", collection, made.id)


def _followers(call: Caller, collection: str) -> None:
    first = call.first("stream_events", collection=collection, last_event_id="1-0")
    assert (first.event, first.job.collection) == ("end", collection)
    body = models.WebhookInput(
        url="https://93.184.216.34/", events=["job.finished"], secret="sixteen or more of them"
    )
    made = call("create_webhook", body)
    assert isinstance(made, models.Webhook)
    assert call("list_webhooks").items == [made]
    assert call("get_webhook", made.id) == made
    call("delete_webhook", made.id)
    call.refused("webhook_not_found", "delete_webhook", made.id)


def _images(call: Caller, collection: str, stored: list[ImageRow], picture: bytes) -> None:
    upload = call(
        "upload_images",
        collection,
        [("new.png", png(50)), ("notes.txt", b"none")],
        tags=["new"],
        metadata={"album": "a"},
        wait=True,
    )
    assert [file.outcome for file in upload.files] == ["indexed", "rejected"]
    image = call("get_image", collection, upload.files[0].id, with_vector=True)
    assert (image.tags, image.metadata, len(image.vector)) == (["new"], {"album": "a"}, 512)
    assert call("list_images", collection, tag="new").items[0].id == image.id
    assert len(call("iterate_images", collection, limit=2)) == 7
    patched = call("update_image", collection, image.id, {"tags": {"add": ["more"]}})
    assert patched.tags == ["new", "more"]
    assert call("get_image_content", collection, stored[0].id).content == picture
    thumbnail = call("get_image_thumbnail", collection, stored[0].id, size=64)
    assert thumbnail.media_type == "image/webp"
    assert call("list_facets", collection, field="tags").items
    tagged = models.Filter(must=[models.AnyOf(field="tags", any=["new"])])
    assert call("count_images", collection, models.CountQuery(filter=tagged)).count == 1
    update = models.TagsUpdate(filter=tagged, add=["kept"], remove=["more"])
    assert call("tag_images", collection, update).changed == 1


def _searches(call: Caller, collection: str, stored: list[ImageRow], picture: bytes) -> None:
    found = call("search_images", collection, picture, top_k=3, filter={"must": []})
    assert found.hits[0].id == stored[0].id
    assert len(found.hits) == 3
    assert len(call("find_similar_images", collection, stored[0].id, top_k=2).hits) == 2
    vector = models.VectorSearch(vector=[1.0] * 512, top_k=1)
    assert len(call("search_by_vector", collection, vector).hits) == 1
    query = models.ImageQuery(positive=[models.ImageExample(image=stored[0].id)], top_k=2)
    assert len(call("query_images", collection, query).hits) == 2
    missing = models.ImageQuery(positive=[models.ImageExample(image=NOTHING)])
    batch = models.QueryBatch(queries=[query, missing])
    good, bad = call("query_images_in_batch", collection, batch).results
    assert isinstance(good, models.SearchReply)
    assert isinstance(bad, models.QueryFailure)


def _duplicates(call: Caller, collection: str, job: str) -> None:
    call.refused("duplicates_not_reported", "list_job_duplicates", job)
    call.refused("duplicates_not_computed", "list_duplicates", collection)
    group = "0" * 32
    call.refused("duplicates_not_computed", "dismiss_duplicates", collection, group)
    body = {"keep": [NOTHING]}
    call.refused("duplicates_not_computed", "resolve_duplicates", collection, group, body)
    assert isinstance(call("find_duplicates", collection), models.Job)
    call.refused("calibration_not_found", "get_calibration", collection)
    call.refused("too_few_images", "start_calibration", collection)
    call.refused("reencoding_not_found", "get_reencoding", collection)
    call.refused("reencoding_not_found", "delete_reencoding", collection)
    same = models.ReencodingInput(pooling="rmac")
    call.refused("nothing_to_reencode", "start_reencoding", collection, same)


def _server(call: Caller) -> None:
    assert call("get_system").limits.max_top_k == 1000
    assert isinstance(call("list_folders"), models.FolderList)
    assert isinstance(call("get_liveness"), models.Liveness)
    assert isinstance(call("get_readiness"), models.Readiness)
    assert "# TYPE" in call("get_metrics")
    assert call("list_keys").items == []
    body = {"name": "a", "actions": ["read"], "collections": ["*"]}
    call.refused("no_administrator", "create_key", body)
    call.refused("key_not_found", "delete_key", NOTHING)
    call("create_session", models.SessionInput(api_key="any, as none is asked for"))
    call("delete_session")


def _article(
    call: Caller, collection: str, stored: list[ImageRow], picture: bytes, root: Path
) -> None:
    assert call("article_count", table=collection) == "7"
    ((url, distance),) = call("article_search", picture, table=collection, num=1)
    extension = Path(stored[0].uri).suffix.removeprefix(".")
    assert f"/data/{stored[0].id}." in url
    assert distance < 0.01
    found = call("article_data", stored[0].id, extension, table=collection)
    assert found.content == picture
    assert call("article_train", table=f"{collection}_v1", file=str(root)) == "Start"
    wait_until(lambda: call("article_process") == "current: 6, total: 6", 20, "the load")
    call("article_delete", table=f"{collection}_v1")


def _deletions(call: Caller, collection: str, stored: list[ImageRow]) -> None:
    other = f"{collection}_other"
    body = models.CollectionInput(name=other, description="Another one.")
    assert isinstance(call("create_collection", body), models.Collection)
    names = [item.name for item in call("list_collections", limit=1000).items]
    assert {collection, other} <= set(names)
    assert call("get_collection", other).count == 0
    call("delete_image", collection, stored[0].id)
    call.refused("image_not_found", "delete_image", collection, stored[0].id)
    assert call("delete_images", collection, tag="loaded") == models.Deleted(deleted=5)
    call("delete_collection", other)
    call.refused("collection_not_found", "get_collection", other)


def _moving(call: Caller, collection: str, settings: Settings) -> None:
    new, body = f"{collection}_new", models.CollectionChanges(name=f"{collection}_new")
    job = call("create_export", collection)
    assert isinstance(job, models.Job)
    assert call("stream_job_events", job.id)[-1].event == "end"
    assert call("update_collection", collection, body).name == new
    name = write_export(settings, new)
    found = call("get_export", new, name)
    assert call("list_exports", new).items == [found]
    assert call("iterate_exports", new) == [found]
    part = call("get_export_part", new, name, found.parts[0].name, range="bytes=1-3")
    assert part.content == PART[1:4]
    copy = models.CollectionInput(name=f"{new}_copy", from_export=name)
    job = call("create_collection", copy)
    assert isinstance(job, models.Job)
    assert call("stream_job_events", job.id)[-1].event == "end"
    call("delete_collection", f"{new}_copy")
    call("delete_export", new, name)
    call("delete_collection", new)
