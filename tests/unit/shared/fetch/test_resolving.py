"""Names that are resolved late, or never: who asked is not kept waiting."""

import ipaddress
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from shared.fetch import resolving
from shared.fetch.addresses import Address
from shared.fetch.errors import FetchFailed
from shared.fetch.fetcher import Fetcher
from shared.fetch.resolving import Resolver
from shared.settings import Settings
from tests.web import Web, fetch

HERE = ipaddress.ip_address("127.0.0.1")


class Hanging:
    """A resolver that answers once it is let."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def __call__(self, _: str) -> Sequence[Address]:
        assert self.may_answer.wait(60)
        return [HERE]


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.may_answer.set()


def test_a_name_that_is_not_resolved_is_given_up(web: Web, hanging: Hanging) -> None:
    settings = Settings.model_validate({"fetch_allow": "127.0.0.1/32"})
    with closing(Fetcher(settings, hanging)) as one, pytest.raises(FetchFailed) as given_up:
        fetch(one, web.url("/"), seconds=0.2)
    assert given_up.value.code == "fetch_timeout"
    assert not web.asked


def test_a_few_that_hang_are_all_that_are_resolved(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "_AT_ONCE", 2)
    resolver, before = Resolver(hanging), threading.active_count()
    for _ in range(4):
        with pytest.raises(TimeoutError):
            resolver.addresses("a.example", 0.05)
    assert threading.active_count() - before <= 2
    hanging.may_answer.set()
    assert resolver.addresses("a.example", 60) == [HERE]


def test_what_the_resolver_raises_is_raised() -> None:
    def unknown(_: str) -> Sequence[Address]:
        raise OSError("no such name")

    with pytest.raises(OSError, match="no such name"):
        Resolver(unknown).addresses("a.example", 60)
