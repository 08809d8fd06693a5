"""The order of the tests, and which of them run in one process, one after the other.

Unit tests come first: no process or thread of another test is there yet. Then come the long files,
so that the last ones are short and the processes end at about the same time.
"""

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

_UNIT = "tests/unit/"
#: Files of half a minute and more, the longest first.
_LONG = (
    "tests/soak/",
    "tests/chaos/test_kills.py",
    "tests/chaos/test_crash_points.py",
    "tests/chaos/test_proxies.py",
    "tests/integration/test_crash_points.py",
    "tests/integration/milvus_server/",
    "tests/integration/test_one_machine.py",
    "tests/integration/test_hostile_pictures.py",
    "tests/integration/test_clothing.py",
    "tests/browser/",
)
#: Folders whose files share what is slow to start.
_TOGETHER = ("tests/integration/milvus_server/",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """The tests of a file, or of a folder of `_TOGETHER`, run in one process."""
    scheduler = LoadFileScheduling(config, log)
    of_file = scheduler._split_scope
    scheduler._split_scope = lambda nodeid: _first(_TOGETHER, nodeid) or of_file(nodeid)
    return scheduler


def _rank(nodeid: str) -> int:
    if nodeid.startswith(_UNIT):
        return -1
    long = _first(_LONG, nodeid)
    return _LONG.index(long) if long else len(_LONG)


def _first(prefixes: Sequence[str], nodeid: str) -> str | None:
    return next((prefix for prefix in prefixes if nodeid.startswith(prefix)), None)
