"""Stored keys, and calls that are repeated, in a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.domain.api_key import ApiKey, digest_of, new_text
from shared.errors import Conflict, NotFound
from shared.ledger import ApiKeys, AsyncApiKeys, RepeatableCalls, api_keys, keys
from shared.redis import AsyncRedisClient, RedisClient, connect_async
from shared.settings import Settings


@pytest.fixture
async def async_redis(settings: Settings, redis: RedisClient) -> AsyncIterator[AsyncRedisClient]:
    client = connect_async(settings)
    yield client
    await client.aclose()


def key(number: int, **fields: Any) -> ApiKey:
    key_id = f"{number:032x}"
    return ApiKey(
        **{
            "id": key_id,
            "name": f"key {number}",
            "digest": digest_of(new_text(key_id)),
            "actions": ("read",),
            "collections": ("photos*",),
            "created_at": float(number),
            "created_by": "administrator 1",
            **fields,
        }
    )


async def test_keys_are_read_when_they_have_changed(
    redis: RedisClient, async_redis: AsyncRedisClient
) -> None:
    stored, reading = ApiKeys(redis), AsyncApiKeys(async_redis)
    empty = await reading.read(None, signs=False)
    assert (empty.keys, empty.secret) == ({}, None)
    for number in (2, 1):
        stored.add(key(number))
    first = await reading.read(empty, signs=False)
    assert sorted(first.keys) == [key(1).id, key(2).id]
    assert first.secret is not None
    again = await reading.read(first, signs=True)
    assert again.keys is first.keys
    assert again.secret == first.secret
    assert again.now >= first.now
    stored.remove(key(1).id)
    assert list((await reading.read(again, signs=True)).keys) == [key(2).id]


async def test_keys_that_cannot_be_read_are_in_force(
    redis: RedisClient, async_redis: AsyncRedisClient
) -> None:
    redis.hset(keys.API_KEYS, "later", b'{"actions": ["fly"]}')
    reading = AsyncApiKeys(async_redis)
    table = await reading.read(None, signs=False)
    assert (table.keys, table.in_force) == ({}, True)
    assert (await reading.read(table, signs=False)).in_force


def test_the_last_key_stays_where_it_is_needed(redis: RedisClient) -> None:
    stored = ApiKeys(redis)
    for number in (1, 2):
        stored.add(key(number))
    stored.remove(key(1).id, keep_last=True)
    with pytest.raises(Conflict, match="LOOKALIKE_API_KEYS"):
        stored.remove(key(2).id, keep_last=True)
    with pytest.raises(NotFound):
        stored.remove(key(1).id, keep_last=True)
    assert [held.id for held, _ in stored.list()] == [key(2).id]
    stored.remove(key(2).id)
    assert stored.list() == []


async def test_all_gateways_have_one_secret(async_redis: AsyncRedisClient) -> None:
    reading = [AsyncApiKeys(async_redis) for _ in range(10)]
    tables = await asyncio.gather(*(each.read(None, signs=True) for each in reading))
    assert len({table.secret for table in tables}) == 1


async def test_keys_are_listed_with_their_last_use(
    redis: RedisClient, async_redis: AsyncRedisClient
) -> None:
    stored = ApiKeys(redis)
    stored.add(key(2))
    stored.add(key(1))
    await AsyncApiKeys(async_redis).note_use(key(2).id, 12.5)
    assert [(found.name, used) for found, used in stored.list()] == [
        ("key 1", None),
        ("key 2", 12.5),
    ]
    stored.remove(key(2).id)
    assert redis.hlen(keys.API_KEYS_USED) == 0
    with pytest.raises(NotFound):
        stored.remove(key(2).id)


async def test_what_cannot_be_read_opens_nothing(
    redis: RedisClient, async_redis: AsyncRedisClient
) -> None:
    ApiKeys(redis).add(key(1))
    redis.hset(keys.API_KEYS, "later", '{"id": "later", "form": 2}')
    table = await AsyncApiKeys(async_redis).read(None, signs=True)
    assert list(table.keys) == [key(1).id]
    assert len(ApiKeys(redis).list()) == 1


def test_there_are_so_many_keys_at_most(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MAX_KEYS", 2)
    stored = ApiKeys(redis)
    for number in (1, 2):
        stored.add(key(number))
    with pytest.raises(Conflict) as caught:
        stored.add(key(3))
    assert caught.value.code == "too_many_keys"


async def test_a_call_is_claimed_once(redis: RedisClient, async_redis: AsyncRedisClient) -> None:
    calls = RepeatableCalls(async_redis)
    claims = await asyncio.gather(*(calls.claim("digest", str(n)) for n in range(5)))
    assert (claims.count(None), claims.count(b"")) == (1, 4)
    mine = str(claims.index(None))
    name = keys.repeatable_call("digest")
    redis.expire(name, 5)
    await calls.renew("digest", "not mine")
    assert redis.ttl(name) <= 5
    await calls.renew("digest", mine)
    assert redis.ttl(name) > 5
    await calls.end("digest", "not mine", b"answer", 60)
    assert await calls.claim("digest", "x") == b""
    await calls.end("digest", mine, b"answer", 60)
    assert await calls.claim("digest", "x") == b"answer"
    assert 50 < redis.ttl(name) <= 60


async def test_a_call_that_failed_is_forgotten(async_redis: AsyncRedisClient) -> None:
    calls = RepeatableCalls(async_redis)
    assert await calls.claim("digest", "first") is None
    await calls.end("digest", "first", b"", 60)
    assert await calls.claim("digest", "second") is None
