"""What is swept of regions, and when, over stores that are made up."""

import threading
from contextlib import nullcontext
from typing import Any
from unittest.mock import Mock

import pytest
from structlog.testing import capture_logs

from gateway.services import upkeep
from gateway.services.region_sweep import RegionSweep
from gateway.services.upkeep import Upkeep
from shared.domain.collection import CollectionIdentity
from shared.domain.regions import REGIONS
from shared.errors import Unavailable

K = len(REGIONS)


class Stores:
    """Collections of images by name, and the images that there are regions of."""

    def __init__(self, images: dict[str, set[str]], regions: dict[str, set[str]]) -> None:
        self.images, self.parts = images, regions
        self.slow: set[str] = set()
        self.walked: list[str] = []
        collections, files, parts, locks = Mock(), Mock(), Mock(), Mock()
        collections.names.return_value = sorted(images)
        collections.identity.side_effect = _identity
        collections.count.side_effect = self._count
        files.file_versions.side_effect = self._versions
        parts.count.side_effect = lambda name, _: len(self.parts[name]) * K
        parts.images_after.side_effect = self._after
        parts.delete.side_effect = self._delete
        locks.hold.side_effect = lambda _: nullcontext(Mock())
        self.sweep = RegionSweep(collections, files, parts, locks)

    def _count(self, name: str) -> int:
        if name in self.slow:
            raise Unavailable("milvus_unavailable", "Milvus is busy.")
        return len(self.images[name])

    def _versions(self, name: str, ids: list[str], *, strong: bool) -> dict[str, Any]:
        del strong
        return {image: None for image in ids if image in self.images[name]}

    def _after(self, name: str, _: str, after: str) -> list[str]:
        self.walked.append(name)
        return sorted(image for image in self.parts[name] if image > after)[:3]

    def _delete(self, name: str, _: str, ids: list[str]) -> None:
        self.parts[name] -= set(ids)


def _identity(name: str) -> CollectionIdentity:
    return CollectionIdentity(
        name=name, fingerprint="f", weights="w", pooling="avg", generation="g", regions=True
    )


def test_a_collection_that_cannot_be_counted_keeps_no_other_from_being_swept() -> None:
    stores = Stores({"a": {"1"}, "b": {"1"}}, {"a": {"1", "2"}, "b": {"0", "1", "2", "3"}})
    stores.slow = {"a"}
    assert not stores.sweep.sweep()
    assert stores.parts == {"a": {"1", "2"}, "b": {"1"}}
    stores.slow = set()
    assert stores.sweep.sweep()
    assert stores.parts["a"] == {"1"}


def test_regions_that_are_missing_are_told() -> None:
    stores = Stores({"a": {"1", "2", "4"}, "b": {"1"}}, {"a": {"1", "3"}, "b": {"1"}})
    with capture_logs() as logs:
        stores.sweep.sweep()
    assert [(line["event"], line["collection"]) for line in logs] == [
        ("regions_swept", "a"),
        ("regions_missing", "a"),
    ]
    assert logs[-1]["regions"] == 2 * K
    assert "b" not in stores.walked


def test_a_region_sweep_that_is_not_complete_repeats_no_other_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(upkeep, "time", Mock(monotonic=lambda: now))
    deletion, uploads, regions = Mock(regions_left=threading.Event()), Mock(), Mock()
    regions.sweep.return_value = False
    thread = Upkeep(deletion, Mock(), uploads, regions)
    thread.run_once()
    thread.run_once()
    assert (uploads.sweep.call_count, regions.sweep.call_count) == (1, 1)
    now += 200
    regions.sweep.return_value = True
    thread.run_once()
    now += 200
    thread.run_once()
    assert (uploads.sweep.call_count, regions.sweep.call_count) == (1, 2)
    # A deletion left some: they go once their rows are not locked any more.
    deletion.regions_left.set()
    thread.run_once()
    assert regions.sweep.call_count == 2
    now += 200
    thread.run_once()
    assert (uploads.sweep.call_count, regions.sweep.call_count) == (1, 3)
