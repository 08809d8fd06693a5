"""Searches that go to Milvus together, with a store that answers when it is told to."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.errors import Unavailable, milvus_unavailable
from shared.store import gathering
from shared.store.gathering import GatheredSearch, Target, Vector

TARGET = Target("c", "g1", "", ("id",), (("ef", 128),))


class FakeStore:
    """Keeps each call until `answer`; a vector's hits are named after its first number."""

    def __init__(self) -> None:
        self.calls: list[tuple[Target, list[float], int]] = []
        self._answers: list[asyncio.Future[None]] = []

    async def search(
        self, target: Target, vectors: Sequence[Vector], limit: int
    ) -> Sequence[Sequence[Any]]:
        self.calls.append((target, [vector[0] for vector in vectors], limit))
        self._answers.append(asyncio.get_running_loop().create_future())
        await self._answers[-1]
        return [[{"id": f"{vector[0]:g}.{n}"} for n in range(limit)] for vector in vectors]

    async def answer(self, call: int, error: BaseException | None = None) -> None:
        if error is None:
            self._answers[call].set_result(None)
        else:
            self._answers[call].set_exception(error)
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def gathered(store: FakeStore) -> GatheredSearch:
    return GatheredSearch(store.search)


async def begin(
    gathered: GatheredSearch, *numbers: float, target: Target = TARGET, limit: int = 2
) -> Sequence[asyncio.Future[Sequence[Any]]]:
    found = [asyncio.ensure_future(gathered.nearest(target, [n], limit)) for n in numbers]
    await settle()
    return found


async def test_a_lone_search_goes_at_once(gathered: GatheredSearch, store: FakeStore) -> None:
    (lone,) = await begin(gathered, 1)
    assert store.calls == [(TARGET, [1], 2)]
    await store.answer(0)
    assert await lone == [{"id": "1.0"}, {"id": "1.1"}]
    (later,) = await begin(gathered, 2)
    assert store.calls[1:] == [(TARGET, [2], 2)]
    await store.answer(1)
    assert (await later)[0] == {"id": "2.0"}


async def test_those_that_arrive_meanwhile_go_together(
    gathered: GatheredSearch, store: FakeStore
) -> None:
    (first,) = await begin(gathered, 1)
    few, many = await begin(gathered, 2, limit=1), await begin(gathered, 3, 4, limit=3)
    assert len(store.calls) == 1
    await store.answer(0)
    assert first.done()
    assert store.calls[1:] == [(TARGET, [2, 3, 4], 3)]
    await store.answer(1)
    assert await few[0] == [{"id": "2.0"}]
    assert [len(await found) for found in many] == [3, 3]
    assert (await many[1])[2] == {"id": "4.2"}


async def test_other_targets_do_not_wait(gathered: GatheredSearch, store: FakeStore) -> None:
    others = (
        TARGET._replace(collection="d"),
        TARGET._replace(partition="g2"),
        TARGET._replace(expression="number < 5"),
        TARGET._replace(parameters=(("ef", 500),)),
        TARGET._replace(fields=("id", "uri")),
    )
    for number, target in enumerate((TARGET, *others)):
        await begin(gathered, number, target=target)
    assert [call[0] for call in store.calls] == [TARGET, *others]


async def test_an_error_is_raised_to_each_and_to_no_other(
    gathered: GatheredSearch, store: FakeStore
) -> None:
    (first,) = await begin(gathered, 1)
    failing = await begin(gathered, 2, 3)
    await store.answer(0)
    (after,) = await begin(gathered, 4)
    await store.answer(1, milvus_unavailable())
    await store.answer(2)
    for search in failing:
        with pytest.raises(Unavailable) as error:
            await search
        assert error.value.code == "milvus_unavailable"
    assert (await first)[0] == {"id": "1.0"}
    assert (await after)[0] == {"id": "4.0"}


async def test_a_client_that_goes_away_ends_only_its_own(
    gathered: GatheredSearch, store: FakeStore
) -> None:
    (first,) = await begin(gathered, 1)
    gone, stays = await begin(gathered, 2, 3)
    first.cancel()
    gone.cancel()
    await store.answer(0)
    assert store.calls[1:] == [(TARGET, [3], 2)]
    stays.cancel()
    (late,) = await begin(gathered, 4)
    await store.answer(1, milvus_unavailable())
    assert store.calls[2:] == [(TARGET, [4], 2)]
    await store.answer(2)
    assert (await late)[0] == {"id": "4.0"}
    assert first.cancelled()
    assert gone.cancelled()
    assert stays.cancelled()


async def test_a_call_has_no_more_hits_than_it_may(
    gathered: GatheredSearch, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_MOST_HITS", 10)
    monkeypatch.setattr(gathering, "_MOST_VECTORS", 3)
    await begin(gathered, 1)
    await begin(gathered, 2, 3, limit=4)
    await begin(gathered, 4, 5, 6, 7, limit=1)
    await begin(gathered, 8, limit=20)
    for call in range(4):
        await store.answer(call)
    assert [call[1:] for call in store.calls[1:]] == [
        ([2, 3], 4),
        ([4, 5, 6], 1),
        ([7], 1),
        ([8], 20),
    ]


async def test_a_call_that_hangs_does_not_hold_up_the_next(
    gathered: GatheredSearch, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_PATIENCE_SECONDS", 0.01)
    (hanging,) = await begin(gathered, 1)
    (next_one,) = await begin(gathered, 2)
    while len(store.calls) < 2:
        await asyncio.sleep(0.01)
    await store.answer(1)
    assert (await next_one)[0] == {"id": "2.0"}
    assert not hanging.done()
    await store.answer(0)
    assert (await hanging)[0] == {"id": "1.0"}


async def test_an_answer_for_too_few_is_an_error_of_all() -> None:
    async def search(*_: Any) -> Sequence[Sequence[Any]]:
        return []

    (found,) = await begin(GatheredSearch(search), 1)
    with pytest.raises(ValueError, match="shorter"):
        await found


async def test_a_call_that_is_cancelled_ends_its_searches(
    gathered: GatheredSearch, store: FakeStore
) -> None:
    (found,) = await begin(gathered, 1)
    await store.answer(0, asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await found
    (later,) = await begin(gathered, 2)
    await store.answer(1)
    assert (await later)[0] == {"id": "2.0"}
