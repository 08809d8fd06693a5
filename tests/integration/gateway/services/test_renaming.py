"""Renaming: everything that is kept by a name goes along, whatever is killed."""

import time
import uuid
from typing import Any

import pytest

from shared.domain.calibration import Calibration
from shared.domain.chunk import FileRef
from shared.domain.job import DirectorySource, JobSpec
from shared.domain.standing import StandingSource
from shared.errors import Conflict, LookalikeError, NotFound
from shared.files.stored import make_folder
from shared.ledger import Aliases, Calibrations, Jobs, Renamings, StandingSources, keys
from shared.redis import RedisClient, connect_async
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter
from tests.integration.gateway.client import Client
from tests.integration.shared.store.samples import make_row, make_vectors

ROWS = [make_row(number) for number in range(20)]


def refused(code: str, error: type[LookalikeError], call: Any, *args: Any, **named: Any) -> None:
    with pytest.raises(error) as caught:
        call(*args, **named)
    assert caught.value.code == code


class Everything:
    """What a collection has, and where it is looked for."""

    def __init__(self, client: Client, redis: RedisClient, writer: ImageWriter) -> None:
        self.client, self.redis = client, redis
        self.name = client.collection
        self.generation = client.collections.identity(self.name).generation
        writer.upsert(self.name, ROWS, make_vectors(len(ROWS)))
        (self.ref,) = client.put(1)
        self.job = client.queue(self.ref).spec.id
        client.jobs.cancel(self.job)
        self.source = StandingSource(
            id=uuid.uuid4().hex,
            collection=self.name,
            generation=self.generation,
            source=DirectorySource(path="/photos"),
            watch=True,
            created_at=time.time(),
        )
        StandingSources(redis).add(self.source, due=time.time() + 1000)
        fields: dict[str, Any] = {"job": self.job, "fingerprint": "f", "computed_at": 1.0}
        fields |= {"generation": self.generation, "images": 1, "collection_images": 1}
        fields |= {"pairs": 1, "identical": 0, "copies": 0, "copy_score": 0.5, "thresholds": ()}
        text = Calibration.model_validate(fields).model_dump_json()
        redis.set(keys.calibration(self.name), text)
        redis.hset(keys.dismissed(self.name, self.generation), "a", "b")

    def check(self, name: str, images: Images) -> None:
        client, redis = self.client, self.redis
        assert client.collections.identity(name).generation == self.generation
        found = images.get_many(name, [row.id for row in ROWS], strong=True)
        assert found == {row.id: row for row in ROWS}
        folder = client.settings.uploads_dir / name
        assert [p.name for p in folder.rglob("*.png")] == [self.ref.uri.removeprefix("upload://")]
        jobs, _ = client.jobs.list(name, None, None, 10)
        assert [(job.spec.id, job.spec.collection) for job in jobs] == [(self.job, name)]
        sources = StandingSources(redis)
        (state,) = sources.list(name, self.generation)
        assert state.source == self.source.model_copy(update={"collection": name})
        assert state.next_run is not None
        assert [each.collection for each in sources.watched()] == [name]
        assert Calibrations(redis).get(name) is not None
        assert redis.hgetall(keys.dismissed(name, self.generation)) == {b"a": b"b"}

    def leftovers(self, name: str) -> list[bytes]:
        """What is still kept by a name in Redis, but for what ends by itself."""
        found = self.redis.keys(f"lookalike:collection:{name}:*")
        return [key for key in found if self.redis.ttl(key) < 0]


@pytest.fixture
def everything(client: Client, empty: str, redis: RedisClient, writer: ImageWriter) -> Everything:
    return Everything(client, redis, writer)


@pytest.fixture
def new(collection: str, collections: Collections, empty: str) -> Any:
    """A new name; the collection has its old one again at the end."""
    name = f"{collection}_new"
    yield name
    if name in collections.names():
        collections.rename(name, collection, collections.identity(name).generation)


def test_all_of_it_goes_along(
    client: Client, everything: Everything, images: Images, new: str
) -> None:
    old = everything.name
    client.renaming.rename(old, new, keep_alias=False)
    everything.check(new, images)
    refused("collection_not_found", NotFound, client.collections.identity, old)
    assert everything.leftovers(old) == []
    assert not (client.settings.uploads_dir / old).exists()
    client.renaming.describe(new, "\u00c4nderung")
    assert client.collections.get(new).description == "\u00c4nderung"
    # The old name is free.
    client.collections.create(old, weights="untrained-1", pooling="avg")
    refused("collection_exists", Conflict, client.renaming.rename, new, old, keep_alias=False)
    everything.check(new, images)
    client.collections.drop(old)


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (Renamings, "begin", True),
        (Collections, "rename", False),
        (Collections, "rename", True),
        (Renamings, "_rename_in_jobs", True),
        (Renamings, "_rename_in_sources", True),
        (Renamings, "end", False),
        (Renamings, "end", True),
    ],
)
def test_a_gateway_that_is_killed_is_followed_by_another(
    client: Client,
    everything: Everything,
    images: Images,
    new: str,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    after: bool,
) -> None:
    method = getattr(owner, name)

    def killed(*args: Any, **named: Any) -> Any:
        if after:
            method(*args, **named)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            client.renaming.rename(everything.name, new, keep_alias=True)
    client.renaming.finish_interrupted()  # too early
    monkeypatch.setattr("shared.ledger.renamings._PATIENCE_SECONDS", -1.0)
    client.renaming.finish_interrupted()
    everything.check(new, images)
    assert everything.leftovers(everything.name) == []
    assert Renamings(everything.redis).aliases() == {new: [everything.name]}
    assert everything.redis.exists(keys.RENAMINGS) == 0


def test_unfinished_jobs_keep_the_name(
    client: Client, everything: Everything, images: Images, new: str
) -> None:
    job = client.queue(everything.ref)
    refused("collection_busy", Conflict, client.renaming.rename, everything.name, new, keep_alias=0)
    assert everything.redis.exists(keys.RENAMINGS) == 0
    client.jobs.cancel(job.spec.id)
    client.renaming.rename(everything.name, new, keep_alias=False)
    assert client.jobs.get(job.spec.id).spec.collection == new


def test_no_job_and_no_drop_begins_meanwhile(
    client: Client, empty: str, new: str, redis: RedisClient, settings: Settings
) -> None:
    renamings, target = Renamings(redis), client.collections.identity(empty)
    renaming = renamings.begin(target, new, keep_alias=False)
    refused("collection_busy", Conflict, renamings.begin, target, f"{new}er", keep_alias=False)
    for name in (empty, new):
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=name,
            source=DirectorySource(path="/photos"),
            created_at=time.time(),
        )
        refused("collection_busy", Conflict, Jobs(redis, settings).create, spec)
        refused("collection_busy", Conflict, client.loads.check_can_queue, name)
    refused("collection_busy", Conflict, client.deletion.collection, empty)
    renamings.withdraw(renaming)
    client.drops.begin(empty, target.generation)
    refused("collection_busy", Conflict, client.renaming.rename, empty, new, keep_alias=False)
    client.drops.end(empty)


async def test_an_alias_names_the_collection_until_it_is_deleted(
    client: Client, empty: str, new: str, redis: RedisClient, settings: Settings
) -> None:
    asynchronous = connect_async(settings, retries=0)
    aliases = Aliases(asynchronous)
    client.renaming.rename(empty, new, keep_alias=True)
    assert await aliases.resolve(empty) == new
    assert await aliases.resolve(new) == new
    # Back and forth: what was an alias is the name again.
    client.renaming.rename(new, empty, keep_alias=True)
    assert (await aliases.resolve(new), await aliases.resolve(empty)) == (empty, empty)
    client.renaming.rename(empty, f"{new}er", keep_alias=False)
    assert await aliases.resolve(new) == f"{new}er"
    client.renaming.rename(f"{new}er", new, keep_alias=True)
    client.deletion.collection(f"{new}er")
    assert await aliases.resolve(f"{new}er") == f"{new}er"
    assert client.collections.identity(new)
    await asynchronous.aclose()


def test_uploads_of_another_collection_are_in_the_way(
    client: Client, everything: Everything, new: str
) -> None:
    target = client.collections.identity(everything.name)
    make_folder(target.model_copy(update={"name": new, "generation": "g1"}), client.settings)
    refused(
        "collection_exists", Conflict, client.renaming.rename, everything.name, new, keep_alias=0
    )
    assert isinstance(everything.ref, FileRef)
