"""Groups of duplicates: listed, dismissed, resolved."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.domain.duplicates import Dismissal, DuplicateReport, content_key
from shared.ledger import DuplicateTies
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import JOB_FIELDS, NOTHING, problem
from tests.contract.duplicate_groups import Library
from tests.contract.workers import Encoder


@pytest.fixture
def library(
    api: httpx.Client, settings: Settings, redis: RedisClient, pictures_root: Path, collection: str
) -> Iterator[Library]:
    with Encoder(settings, queues=("encode",), answers=False):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    opened = Library(api, redis, settings, collection, pictures_root)
    yield opened
    opened.milvus.close()


def test_a_job_is_queued_and_asking_again_answers_it(library: Library) -> None:
    reply = library.api.post(library.url)
    assert reply.status_code == 202, reply.text
    job = reply.json()
    assert set(job) == JOB_FIELDS
    assert reply.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert job["source"] == {"kind": "duplicates", "min_match": 0.9}
    assert library.api.post(library.url, json={}).json()["id"] == job["id"]
    listed = library.api.get("/api/v2/jobs", params={"collection": library.collection}).json()
    assert [item["id"] for item in listed["items"]] == [job["id"]]
    assert library.api.post(f"/api/v2/jobs/{job['id']}/cancel").json()["status"] == "cancelled"
    assert library.api.post(library.url).json()["id"] != job["id"]


def test_a_least_match_needs_a_curve(library: Library) -> None:
    reply = library.api.post(library.url, json={"min_match": 0.8})
    problem(reply, 422, "no_match_curve")
    for least in (0, 0.49, 1.1):
        refused = library.api.post(library.url, json={"min_match": least})
        problem(refused, 422, "validation_error")
    problem(library.api.post(library.url, json={"least": 1}), 422, "validation_error")


def test_there_is_no_list_before_it_was_computed(library: Library, api: httpx.Client) -> None:
    problem(api.get(library.url), 404, "duplicates_not_computed")
    dismissed = api.post(f"{library.url}/{NOTHING}/dismiss")
    problem(dismissed, 404, "duplicates_not_computed")
    for method in ("GET", "POST"):
        nowhere = api.request(method, "/api/v2/collections/nowhere/duplicates")
        problem(nowhere, 404, "collection_not_found")


def test_groups_are_listed_the_largest_first(library: Library) -> None:
    job = library.publish(
        library.group("identical", 1, 0, 5),
        library.group("similar", 0.6, 0, 5, 1, 2),
        library.group("copy", 0.95, 0, 5, 1),
    )
    reply = library.page()
    assert [(g["grade"], g["size"], g["match"]) for g in reply["items"]] == [
        ("similar", 4, 0.6),
        ("copy", 3, 0.95),
        ("identical", 2, 1.0),
    ]
    assert (reply["count"], reply["next_cursor"]) == (3, None)
    assert reply["computed"] == {
        "job": job,
        "computed_at": "2001-09-09T01:46:40Z",
        "images": 6,
        "identical_only": False,
        "copy_match": 0.9,
        "similar_match": 0.5,
    }
    assert [g["grade"] for g in library.page(grade="copy")["items"]] == ["copy"]
    assert library.page(grade="copy")["count"] == 1
    assert [g["grade"] for g in library.page(min_match=0.9)["items"]] == ["copy", "identical"]
    problem(library.api.get(library.url, params={"grade": "alike"}), 422, "validation_error")


def test_the_first_image_of_a_group_is_the_one_to_keep(library: Library) -> None:
    small, large = library.rows[1], library.rows[2]
    changed = large.model_copy(update={"width": large.width * 10})
    older = small.model_copy(update={"mtime_ns": 1})
    same = library.rows[3].model_copy(update={"bytes": small.bytes, "mtime_ns": 2})
    resized = [row.model_copy(update={"width": 10, "height": 10}) for row in (older, same)]
    library.write([changed, *resized])
    library.publish(library.group("similar", 0.6, 1, 2, 3))
    (group,) = library.page()["items"]
    assert group["suggested_keep"] == changed.id
    assert [image["id"] for image in group["images"]] == [changed.id, older.id, same.id]


def test_pages_follow_each_other(library: Library) -> None:
    pairs = [library.group("similar", 0.6, *pair) for pair in ((0, 1), (2, 3), (4, 5))]
    trio = library.group("copy", 0.95, 0, 2, 4)
    library.publish(*pairs, trio)
    seen, cursor = [], None
    while True:
        page = library.page(limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [group["id"] for group in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [trio.id, *sorted(pair.id for pair in pairs)]
    for wrong in ("x", "WzEsImEiXQ"):
        problem(library.api.get(library.url, params={"cursor": wrong}), 422, "invalid_cursor")


def test_a_group_that_goes_between_two_pages_costs_no_other(library: Library) -> None:
    pairs = [library.group("similar", 0.6, *pair) for pair in ((0, 1), (2, 3), (4, 5))]
    library.publish(*pairs)
    first = library.page(limit=1)
    group = next(pair for pair in pairs if pair.id == first["items"][0]["id"])
    assert library.act(group, "dismiss").status_code == 204
    rest = library.page(cursor=first["next_cursor"])
    assert [g["id"] for g in rest["items"]] == sorted(p.id for p in pairs if p != group)


def test_images_that_are_gone_are_left_out(library: Library) -> None:
    library.publish(
        library.group("similar", 0.6, 0, 1, 2, 5),
        library.group("copy", 0.95, 0, 5, 3),
        library.group("identical", 1, 0, 5),
        library.group("similar", 0.7, 3, 4),
    )
    library.forget(3)
    # What is left of the copies has the same bytes, and is a group of that grade already.
    assert [g["grade"] for g in library.page()["items"]] == ["similar", "identical"]
    assert library.page()["count"] == 2
    library.forget(0)
    assert [sorted(group) for group in library.shown()] == [[1, 2, 5]]


def test_an_image_with_another_content_now_is_left_out(library: Library) -> None:
    library.publish(library.group("similar", 0.6, 0, 1, 2), library.group("identical", 1, 0, 5))
    library.write([library.rows[0].model_copy(update={"sha256": "ab" * 32})])
    assert [sorted(group) for group in library.shown()] == [[1, 2]]


def test_a_dismissed_group_is_gone_and_its_pairs_are_set_apart(library: Library) -> None:
    copies = library.group("copy", 0.95, 0, 5, 1)
    library.publish(
        library.group("identical", 1, 0, 5),
        copies,
        library.group("similar", 0.6, 0, 5, 1, 2),
        library.group("similar", 0.6, 3, 4),
    )
    assert library.act(copies, "dismiss").status_code == 204
    left = {frozenset(group) for group in library.shown()}
    assert frozenset({0, 5}) in left
    assert frozenset({3, 4}) in left
    assert left - {frozenset({0, 5}), frozenset({3, 4})} in (
        {frozenset({0, 5, 2})},
        {frozenset({1, 2})},
    )
    problem(library.act(copies, "dismiss"), 404, "duplicate_group_not_found")
    keys = frozenset(content_key(library.rows[n].sha256) for n in (0, 1))
    known = DuplicateTies(library.redis).dismissals(library.collection, library.generation)
    assert known == [Dismissal("contents", keys)]


def test_a_dismissal_outlasts_a_computation_and_goes_with_the_collection(library: Library) -> None:
    pair = library.group("identical", 1, 0, 5)
    library.publish(pair)
    library.act(pair, "dismiss").raise_for_status()
    library.publish()
    ids = frozenset({library.rows[0].id, library.rows[5].id})
    known = DuplicateTies(library.redis).dismissals(library.collection, library.generation)
    assert known == [Dismissal("images", ids)]
    library.api.delete(f"/api/v2/collections/{library.collection}").raise_for_status()
    assert not list(library.redis.scan_iter("lookalike:collection:*:duplicates*"))


def test_resolving_forgets_the_others_and_leaves_their_files(library: Library) -> None:
    copies, pair = library.group("copy", 0.95, 0, 5, 1), library.group("identical", 1, 0, 5)
    library.publish(copies, pair, library.group("similar", 0.6, 0, 5, 1, 2))
    reply = library.act(copies, "resolve", keep=[library.rows[1].id])
    assert (reply.status_code, reply.json()) == (200, {"deleted": 2, "left": 0})
    assert [sorted(group) for group in library.shown()] == [[1, 2]]
    listed = library.api.get(f"/api/v2/collections/{library.collection}/images").json()["items"]
    assert {item["id"] for item in listed} == {library.rows[n].id for n in (1, 2, 3, 4)}
    assert all(Path(row.uri.removeprefix("file://")).exists() for row in library.rows)
    again = library.act(copies, "resolve", keep=[library.rows[1].id])
    problem(again, 404, "duplicate_group_not_found")


def test_several_that_are_kept_are_no_duplicates_of_each_other(library: Library) -> None:
    group = library.group("similar", 0.6, 0, 1, 2)
    library.publish(group)
    keep = [library.rows[0].id, library.rows[1].id]
    assert library.act(group, "resolve", keep=keep).json() == {"deleted": 1, "left": 0}
    assert library.page()["items"] == []
    (known,) = DuplicateTies(library.redis).dismissals(library.collection, library.generation)
    assert known.keys == {content_key(library.rows[n].sha256) for n in (0, 1)}


def test_nothing_is_forgotten_where_keep_is_wrong(library: Library) -> None:
    group = library.group("similar", 0.6, 0, 1, 2)
    library.publish(group)
    stranger, gone = library.rows[4].id, library.rows[2].id
    problem(library.act(group, "resolve", keep=[stranger]), 422, "not_in_group")
    problem(library.act(group, "resolve", keep=[]), 422, "validation_error")
    library.forget(2)
    problem(library.act(group, "resolve", keep=[gone]), 409, "image_gone")
    for unknown in (NOTHING, "x"):
        reply = library.api.post(f"{library.url}/{unknown}/resolve", json={"keep": [gone]})
        problem(reply, 404, "duplicate_group_not_found")
    count = library.api.get(f"/api/v2/collections/{library.collection}").json()["count"]
    assert count == 5


def test_groups_of_an_earlier_collection_of_the_name_are_not_shown(library: Library) -> None:
    library.publish(library.group("identical", 1, 0, 5))
    library.generation = "another"
    library.publish(library.group("identical", 1, 0, 5))
    problem(library.api.get(library.url), 404, "duplicates_not_computed")


def test_a_load_lists_what_it_has_duplicated(library: Library) -> None:
    reports = [
        DuplicateReport(id=row.id, uri=row.uri, of=of, grade="identical", match=1.0)
        for row, of in zip(library.rows[4:], (library.rows[0].id, NOTHING), strict=True)
    ]
    job = library.reported(*reports)
    url = f"/api/v2/jobs/{job}/duplicates"
    reply = library.api.get(url).raise_for_status().json()
    assert (reply["count"], reply["next_cursor"]) == (2, None)
    first, second = reply["items"]
    assert (first["uri"], first["grade"], first["match"]) == (library.rows[4].uri, "identical", 1)
    assert (first["image"]["id"], first["of"]["id"]) == (library.rows[4].id, library.rows[0].id)
    assert second["of"] is None
    page = library.api.get(url, params={"limit": 1}).json()
    rest = library.api.get(url, params={"cursor": page["next_cursor"]}).json()
    assert [*page["items"], *rest["items"]] == reply["items"]


def test_a_load_that_was_not_asked_reports_nothing(library: Library) -> None:
    job = library.publish()
    problem(library.api.get(f"/api/v2/jobs/{job}/duplicates"), 409, "duplicates_not_reported")
    problem(library.api.get(f"/api/v2/jobs/{NOTHING}/duplicates"), 404, "job_not_found")
