"""Whose an export is."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.http.access import Access, NotAllowed, Principal
from gateway.http.permissions import RULES
from gateway.services.exports import ExportService
from shared.domain.api_key import ApiKey
from shared.domain.collection import IndexSpec
from shared.domain.export import MANIFEST, ExportManifest
from shared.errors import NotFound
from shared.files.exports import export_folder, write_manifest
from shared.settings import Settings


class _Held:
    """Collections that are known by name and generation alone."""

    def __init__(self, **generations: str) -> None:
        self.generations = generations

    def names(self) -> list[str]:
        return sorted(self.generations)

    def identity(self, name: str) -> Any:
        if name not in self.generations:
            raise NotFound("collection_not_found", name)
        return SimpleNamespace(generation=self.generations[name])


def service(settings: Settings, **generations: str) -> ExportService:
    held: Any = _Held(**generations)
    idle: Any = SimpleNamespace(active=list)
    return ExportService(settings, held, idle, idle, idle)


def write(settings: Settings, name: str, collection: str, generation: str) -> None:
    export_folder(name, settings).mkdir(parents=True)
    manifest = ExportManifest(
        collection=collection,
        generation=generation,
        description="",
        fingerprint="f",
        weights="w",
        pooling="gem",
        index=IndexSpec(type="FLAT", params={}),
        regions=None,
        with_uploads=False,
        created_at=1.0,
        finished_at=2.0,
        parts=(),
    )
    write_manifest(name, manifest, settings)


def listed(exports: ExportService, collection: str) -> list[str]:
    return [export.id for export in exports.list(collection)]


def test_after_a_rename_exports_are_no_longer_those_of_the_old_name(
    base_settings: Settings,
) -> None:
    write(base_settings, "e", "draft", "g1")
    exports = service(base_settings, a_archive="g1", draft="g2")
    assert listed(exports, "a_archive") == ["e"]
    assert listed(exports, "draft") == []
    assert exports.collection_of("e") == "a_archive"
    for refused in (exports.get, exports.delete):
        with pytest.raises(NotFound, match="e"):
            refused("draft", "e")
    exports = service(base_settings, a_archive="g1")
    with pytest.raises(NotFound):
        listed(exports, "draft")
    exports.delete("a_archive", "e")
    assert not export_folder("e", base_settings).exists()


def test_exports_of_what_is_gone_are_those_of_its_name(base_settings: Settings) -> None:
    write(base_settings, "e", "draft", "g1")
    write(base_settings, "old", "draft", "")
    for exports in (
        service(base_settings, other=""),
        service(base_settings, draft="g2", other=""),
    ):
        assert sorted(listed(exports, "draft")) == ["e", "old"]
        assert exports.collection_of("e") == exports.collection_of("old") == "draft"
        with pytest.raises(NotFound):
            exports.get("other", "e")


@pytest.mark.parametrize("text", ['{"format": "lookalike-export", "version": 2}', "{"])
def test_what_nobody_can_read_is_deleted_by_administrators(
    base_settings: Settings, text: str
) -> None:
    folder = export_folder("nightly", base_settings)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(text)
    exports = service(base_settings, mine="g1")
    key = ApiKey(
        id="k",
        name="k",
        digest="0" * 64,
        actions=("delete",),
        collections=("mine",),
        created_at=0,
        created_by="administrator 1",
    )
    holder = Access(Principal("key", "k", "k", key), "delete_export", RULES["delete_export"])
    with pytest.raises(NotAllowed):
        exports.delete("mine", "nightly", holder.require_server)
    assert folder.exists()
    administrator = Principal("administrator", "setting-1", "administrator 1")
    access = Access(administrator, "delete_export", RULES["delete_export"])
    exports.delete("mine", "nightly", access.require_server)
    assert not folder.exists()
