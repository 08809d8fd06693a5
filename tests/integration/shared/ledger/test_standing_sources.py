"""Standing sources in Redis: changes at once, and sources of a collection that is being dropped."""

import pytest

from shared.domain.job import DirectorySource
from shared.domain.standing import StandingSource
from shared.errors import NotFound
from shared.ledger.drops import Drops
from shared.ledger.standing_sources import StandingSources
from shared.redis import RedisClient

SOURCE = StandingSource(
    id="s", collection="c", generation="g", source=DirectorySource(path="/photos"), created_at=1.0
)


@pytest.fixture
def sources(redis: RedisClient) -> StandingSources:
    return StandingSources(redis)


def test_of_two_changes_at_once_the_later_one_is_told(sources: StandingSources) -> None:
    sources.add(SOURCE, None)
    known = sources.get("c", "g", "s").source
    first, second = (known.model_copy(update=each) for each in ({"sync": True}, {"paused": True}))
    assert sources.replace(first, None, known=known)
    assert not sources.replace(second, 5.0, known=known)
    kept = sources.get("c", "g", "s")
    assert (kept.source, kept.next_run) == (first, None)


def test_a_change_between_the_look_and_the_write_is_not_lost(
    sources: StandingSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.add(SOURCE, None)
    other, write = SOURCE.model_copy(update={"watch": True}), sources._write

    def late(*args: object, **options: object) -> int:
        monkeypatch.setattr(sources, "_write", write)
        assert sources.replace(other, None)
        return write(*args, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(sources, "_write", late)
    changed = SOURCE.model_copy(update={"paused": True})
    assert not sources.replace(changed, None, known=SOURCE)
    assert [each.id for each in sources.watched()] == ["s"]
    assert sources.get("c", "g", "s").source == other


def test_a_source_that_is_gone_is_not_changed(sources: StandingSources) -> None:
    for known in (None, SOURCE):
        with pytest.raises(NotFound) as gone:
            sources.replace(SOURCE, None, known=known)
        assert gone.value.code == "source_not_found"


def test_none_is_added_while_its_collection_is_dropped(
    sources: StandingSources, redis: RedisClient
) -> None:
    drops = Drops(redis)
    drops.begin("c", "g")
    with pytest.raises(NotFound) as refused:
        sources.add(SOURCE, None)
    assert refused.value.code == "collection_not_found"
    # One of the same name that was made meanwhile is another.
    sources.add(SOURCE.model_copy(update={"generation": "g2"}), None)
    drops.end("c")
    assert sources.list("c", "g") == []
    assert len(sources.list("c", "g2")) == 1
