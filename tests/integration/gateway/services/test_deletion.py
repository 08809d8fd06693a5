"""Drops that are interrupted, and deletions by filter."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.files import uploads
from gateway.services import deletion
from shared.domain.image import ImageFilter
from shared.errors import InvalidRequest, NotFound
from shared.ledger import Drops, Jobs
from shared.store import Collections, Images
from tests.integration.conftest import Fill
from tests.integration.gateway.client import Client
from tests.integration.shared.store.samples import make_row

STEPS: tuple[tuple[Any, str], ...] = (
    (Jobs, "forget_collection"),
    (uploads, "set_aside"),
    (Collections, "drop"),
    (Drops, "end"),
)


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another gateway finishes a drop at once."""
    monkeypatch.setattr("shared.ledger.drops._PATIENCE_SECONDS", -1.0)


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_drop_that_is_killed_anywhere_is_finished(
    client: Client,
    empty: str,
    fill: Fill,
    collections: Collections,
    due: None,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[Any, str],
    after: bool,
) -> None:
    fill([make_row(1)])
    (ref,) = client.put(1)
    job = client.queue(ref).spec.id
    owner, name = step
    method = getattr(owner, name)

    def killed(*args: Any) -> None:
        if after:
            method(*args)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            client.deletion.collection(empty)

    client.deletion.finish_drops()
    with pytest.raises(NotFound):
        collections.identity(empty)
    with pytest.raises(NotFound):
        client.jobs.get(job)
    assert not client.path(ref).exists()
    assert not client.drops.take_interrupted()
    collections.create(empty, weights="untrained-1", pooling="avg")


def test_a_drop_that_is_finished_late_spares_the_collection_made_since(
    client: Client,
    empty: str,
    collections: Collections,
    due: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: Any) -> None:
        raise SystemExit

    client.put(1)
    with monkeypatch.context() as patched:
        patched.setattr(Drops, "end", killed)
        with pytest.raises(SystemExit):
            client.deletion.collection(empty)
    made = collections.create(empty, weights="untrained-1", pooling="avg")
    (ref,) = client.put(2)
    job = client.queue(ref).spec.id

    client.deletion.finish_drops()
    assert collections.identity(empty).generation == made.generation
    assert client.jobs.get(job).status == "queued"
    assert client.path(ref).exists()


def test_few_are_deleted_at_once_and_many_by_a_job(
    client: Client, empty: str, fill: Fill, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_row(n) for n in range(6)]
    fill(rows)
    monkeypatch.setattr(deletion, "MAX_AT_ONCE", 3)
    assert client.deletion.matching(empty, ImageFilter(tag="none")) == 0
    assert client.deletion.matching(empty, ImageFilter(tag="even")) == 3
    with pytest.raises(InvalidRequest):
        client.deletion.matching(empty, ImageFilter())

    fill(rows)
    job = client.deletion.matching(empty, ImageFilter(path_prefix="/photos"))
    assert not isinstance(job, int)
    assert job.spec.source.kind == "deletion"
    assert job.spec.source.path_prefix == "/photos"
    assert len(images.get_many(empty, [row.id for row in rows], strong=True)) == 6


def test_an_image_that_no_longer_matches_is_not_deleted(
    client: Client, empty: str, fill: Fill, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client takes its tag away between the look for what matches and the deletion."""
    rows = [make_row(n) for n in (0, 2)]
    fill(rows)
    iterate: Callable[..., Any] = Images.iterate

    def change_then(*args: Any) -> Any:
        for batch in iterate(*args):
            client.tag(rows[0], "mine")
            yield batch

    monkeypatch.setattr(Images, "iterate", change_then)
    assert client.deletion.matching(empty, ImageFilter(tag="even")) == 1
    assert set(images.get_many(empty, [row.id for row in rows], strong=True)) == {rows[0].id}
