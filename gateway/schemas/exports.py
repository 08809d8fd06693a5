"""Exports over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from gateway.schemas.collections import Descriptor, Index
from gateway.schemas.fields import EXAMPLE_JOB_ID, Input, Page, moment
from shared.domain.export import ExportManifest

_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_JOB_ID,
    "version": 1,
    "collection": "holidays",
    "description": "All summers since 2009",
    "encoder": "vgg16:imagenet-4a1ffb70:stretch224:rmac:512:v1",
    "descriptor": {"pooling": "rmac", "weights": "imagenet-4a1ffb70"},
    "index": {"type": "HNSW", "params": {"M": 16, "efConstruction": 200}},
    "regions": False,
    "images": 4711,
    "region_vectors": 0,
    "uploads": 12,
    "with_uploads": True,
    "bytes": 11259375,
    "created_at": "2026-05-02T10:00:00Z",
    "finished_at": "2026-05-02T10:00:04Z",
    "parts": [
        {
            "name": "images-00000-1.parquet",
            "kind": "images",
            "rows": 4711,
            "bytes": 10485760,
            "sha256": "ab" * 32,
        }
    ],
}


class ExportInput(Input):
    model_config = ConfigDict(json_schema_extra={"example": {"uploads": True}})

    uploads: bool = Field(
        True,
        description="Whether to write the files of uploaded and fetched pictures, too. Those of "
        "folders, archives and buckets are never written.",
    )


class ExportPart(BaseModel):
    """One file of an export."""

    name: str
    kind: Literal["images", "regions", "uploads"]
    rows: int = Field(description="Images, vectors of regions, or pictures.")
    bytes: int
    sha256: str


class Export(BaseModel):
    """An export: what it is of, and its parts."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: str = Field(description="Its name, which `from_export` takes: the id of its job.")
    version: int = Field(description="The layout of its files.")
    collection: str = Field(description="What the collection was called then.")
    description: str
    encoder: str = Field(description="Fingerprint of the encoder that its vectors come from.")
    descriptor: Descriptor
    index: Index
    regions: bool
    images: int
    region_vectors: int
    uploads: int = Field(description="Files of uploaded and fetched pictures.")
    with_uploads: bool
    bytes: int = Field(description="Size of all parts.")
    created_at: datetime
    finished_at: datetime
    parts: list[ExportPart]

    @classmethod
    def of(cls, export: str, manifest: ExportManifest) -> Self:
        return cls(
            id=export,
            **manifest.model_dump(include={"version", "collection", "description", "with_uploads"}),
            encoder=manifest.fingerprint,
            descriptor=Descriptor(pooling=manifest.pooling, weights=manifest.weights),
            index=Index(type=manifest.index.type, params=dict(manifest.index.params)),
            regions=manifest.regions is not None,
            images=manifest.rows("images"),
            region_vectors=manifest.rows("regions"),
            uploads=manifest.rows("uploads"),
            bytes=manifest.bytes,
            created_at=moment(manifest.created_at),
            finished_at=moment(manifest.finished_at),
            parts=[ExportPart(**part.model_dump()) for part in manifest.parts],
        )


class ExportList(Page[Export]):
    """Exports, newest first."""
