"""Queries that encoders read from Redis: each is taken once, and nothing of them touches a disk."""

import threading
import time
import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from encoder_worker.errors import EncoderFailed
from encoder_worker.query_reader import QueryReader
from shared.domain.query import Query, QueryReply
from shared.ledger import Queries, QueryLimits, keys
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.services import wait_until


class Answers:
    """Notes what is answered, each after a wait."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, query: Query) -> None:
        with self._lock:
            self.taken.append(query.id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.go_on.wait(20)
        with self._lock:
            self.at_once -= 1


@pytest.fixture
def answers() -> Iterator[Answers]:
    found = Answers()
    yield found
    found.go_on.set()


def a_query(seconds: float = 30) -> Query:
    return Query(id=uuid.uuid4().hex, weights="w-1", pooling="avg", seconds=seconds)


def never() -> None:
    raise AssertionError("the encoder failed")


def test_each_query_is_taken_once_by_any_number_of_encoders(
    redis: RedisClient, answers: Answers
) -> None:
    answers.go_on.set()
    readers = [QueryReader(Queries(redis), "w-1", answers, 4, never) for _ in range(3)]
    for reader in readers:
        reader.start()
    sent = [a_query() for _ in range(100)]
    for query in sent:
        Queries(redis).send(query)
    wait_until(lambda: len(answers.taken) >= len(sent), 20, "all queries")
    for reader in readers:
        reader.close()
    assert sorted(answers.taken) == sorted(query.id for query in sent)
    assert Queries(redis).waiting("w-1") == 0


def test_no_more_are_taken_than_there_are_threads(redis: RedisClient, answers: Answers) -> None:
    reader = QueryReader(Queries(redis), "w-1", answers, 2, never)
    for _ in range(5):
        Queries(redis).send(a_query())
    reader.start()
    wait_until(lambda: len(answers.taken) == 2, 20, "two queries")
    time.sleep(0.2)  # nothing tells that a third is not taken
    assert Queries(redis).waiting("w-1") == 3
    answers.go_on.set()
    wait_until(lambda: len(answers.taken) == 5, 20, "the others")
    reader.close()
    assert answers.most_at_once == 2


def test_a_reader_outlives_an_answer_that_raises(redis: RedisClient) -> None:
    failed, seen = threading.Event(), list[str]()
    first, second, third = (a_query() for _ in range(3))

    def answer(query: Query) -> None:
        seen.append(query.id)
        if query == first:
            raise ValueError("a mistake of ours")
        if query == second:
            raise EncoderFailed("the device is gone")

    reader = QueryReader(Queries(redis), "w-1", answer, 1, failed.set)
    reader.start()
    for query in (first, second, third):
        Queries(redis).send(query)
    wait_until(lambda: len(seen) == 3, 20, "three queries")
    reader.close()
    assert failed.is_set()


def test_a_query_that_was_given_up_is_not_taken(redis: RedisClient) -> None:
    queries, query = Queries(redis), a_query()
    entry = queries.send(query)
    queries.withdraw(query, entry)
    assert queries.take("w-1", 0.05) is None


def test_what_nobody_takes_is_gone_after_its_time(redis: RedisClient) -> None:
    queries = Queries(redis)
    queries.send(a_query(seconds=1))
    wait_until(lambda: queries.waiting("w-1") == 0, 10, "the end of the query's time")
    assert redis.keys("*") == []


def test_nothing_of_a_query_is_written_to_the_append_only_file(
    redis: RedisClient, settings: Settings
) -> None:
    queries, query = Queries(redis), a_query()
    redis.set("before", 1)
    reading = threading.Thread(target=lambda: taken.append(queries.take("w-1", 10)))
    taken: list[Query | None] = []
    reading.start()
    sender = Queries(connect(settings))
    size = redis.info("persistence")["aof_current_size"]
    assert sender.admit(query, 5, QueryLimits(10, 1000))
    sender.put_image(query, b"bytes")
    sender.send(query)
    reading.join()
    assert taken == [query]
    assert queries.image(query) is not None
    queries.reply(query, QueryReply(code="corrupt"))
    sender.withdraw(query)
    assert redis.info("persistence")["aof_current_size"] == size
    redis.set("after", 1)
    assert redis.info("persistence")["aof_current_size"] > size


def test_a_reader_leaves_queries_for_other_weights_alone(redis: RedisClient) -> None:
    taken: dict[str, list[str]] = {"w-1": [], "odd": []}

    def note(of: list[str], query: Query) -> None:
        of.append(query.id)

    readers = [
        QueryReader(Queries(redis), weights, partial(note, of), 2, never)
        for weights, of in taken.items()
    ]
    for reader in readers:
        reader.start()
    sent = [a_query() for _ in range(50)]
    for query in sent:
        Queries(redis).send(query)
    for_odd = a_query().model_copy(update={"weights": "odd"})
    Queries(redis).send(for_odd)
    wait_until(lambda: len(taken["w-1"]) >= 50 and taken["odd"], 20, "all queries")
    for reader in readers:
        reader.close()
    assert sorted(taken["w-1"]) == sorted(query.id for query in sent)
    assert taken["odd"] == [for_odd.id]
    assert Queries(redis).waiting("w-1", "odd") == 0


def entry_again(redis: RedisClient, old: Query, new: Query) -> str:
    """Have `old` taken, and `new` be sent in the same millisecond; returns the entry of both.

    An empty stream is deleted, and the next one begins its entries' numbers anew.
    """
    sent, entry = keys.sent_queries("w-1"), "5-0"
    redis.xadd(sent, {"query": old.model_dump_json()}, id=entry)
    assert Queries(redis).take("w-1", 0.05) == old
    redis.xadd(sent, {"query": new.model_dump_json()}, id=entry)
    return entry


def test_an_entry_that_was_read_may_be_another_query_by_the_time_it_is_taken(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, queries = a_query(), a_query(), Queries(redis)
    stream = [["s", [(b"5-0", {b"query": old.model_dump_json().encode()})]]]
    entry_again(redis, old, new)
    with monkeypatch.context() as patched:
        patched.setattr(redis, "xread", lambda *_, **__: stream)
        assert queries.take("w-1", 0.05) == new
    assert queries.take("w-1", 0.05) is None


def test_a_query_that_is_given_up_late_takes_no_other_along(redis: RedisClient) -> None:
    old, new, queries = a_query(), a_query(), Queries(redis)
    entry = entry_again(redis, old, new)
    queries.withdraw(old, entry)
    assert queries.take("w-1", 0.05) == new
