"""Exports as an operator copies them from another system."""

import hashlib
import uuid
from typing import Any

from shared.domain.collection import IndexSpec
from shared.domain.export import ExportManifest, ExportPart
from shared.domain.fingerprint import fingerprint
from shared.files.exports import export_folder, write_manifest
from shared.settings import Settings
from tests.contract.workers import WEIGHTS

#: What is in the one part. No Parquet: these exports are served, and not read.
PART = bytes(range(256)) * 40


def write_export(settings: Settings, collection: str, **changes: Any) -> str:
    """An export of one part; returns its name."""
    name = f"from_there-{uuid.uuid4().hex}"
    folder = export_folder(name, settings)
    folder.mkdir(parents=True)
    part = ExportPart(
        name="images-00000-1.parquet",
        kind="images",
        rows=3,
        bytes=len(PART),
        sha256=hashlib.sha256(PART).hexdigest(),
    )
    (folder / part.name).write_bytes(PART)
    fields: dict[str, Any] = {
        "collection": collection,
        "generation": "gthere",
        "description": "From there",
        "fingerprint": fingerprint(WEIGHTS, "gem"),
        "weights": WEIGHTS,
        "pooling": "gem",
        "index": IndexSpec(type="IVF_FLAT", params={"nlist": 32}),
        "regions": None,
        "with_uploads": True,
        "created_at": 1_700_000_000.0,
        "finished_at": 1_700_000_001.5,
        "parts": (part,),
    }
    write_manifest(name, ExportManifest(**{**fields, **changes}), settings)
    return name
