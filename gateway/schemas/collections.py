"""Collections over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.schemas.fields import CollectionName, Input, Page, moment
from shared.domain.collection import CollectionInfo, IndexParameter, IndexType
from shared.domain.export import EXPORT_PATTERN
from shared.domain.fingerprint import DIMENSION, Pooling
from shared.domain.regions import REGIONS

_FLOAT32_BYTES = 4


class Descriptor(BaseModel):
    """How a feature map becomes a vector."""

    pooling: Pooling
    weights: str


class DescriptorInput(Input):
    pooling: Pooling | None = Field(None, description="Default: the server's setting.")
    weights: str | None = Field(
        None,
        max_length=200,
        description="The encoder's weights, by full name or by kind (`imagenet`); they must be "
        "those of the running encoder. Default: whatever it runs with.",
    )


class Index(BaseModel):
    """The Milvus index over the vectors."""

    type: IndexType
    params: dict[str, IndexParameter] = Field(
        {}, description="Its parameters; those left out take their defaults."
    )


class IndexInput(Index):
    model_config = ConfigDict(extra="forbid")


class CollectionInput(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "holidays",
                "description": "All summers since 2009",
                "descriptor": {"pooling": "rmac"},
                "index": {"type": "HNSW", "params": {"M": 16, "efConstruction": 200}},
            }
        }
    )

    name: CollectionName
    description: str = Field("", max_length=1000)
    descriptor: DescriptorInput | None = None
    index: IndexInput | None = Field(
        None,
        description="Default: the server's setting. 422 `index_unavailable` where Milvus has none "
        "of this type: IVF_RABITQ needs 2.6, HNSW_SQ 2.5; milvus-lite has no IVF_RABITQ, SCANN, "
        "DISKANN.",
    )
    regions: bool = Field(
        False,
        description="Also keep vectors of the parts of each picture, so that a search by a detail "
        "finds the whole picture. Each part is encoded, and takes as much as a picture.",
    )
    from_export: str | None = Field(
        None,
        max_length=128,
        pattern=EXPORT_PATTERN,
        description="An export to fill it from, by its id, or by the name of a folder that was "
        "copied into the directory of exports. Descriptor and regions are then the export's; "
        "description and index, too, unless given.",
    )
    any_encoder: bool = Field(
        False,
        description="With `from_export`: whether to make it though no encoder with its weights "
        "runs here. Until one does, it is searched only by its own images and by vectors.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.from_export is None and self.any_encoder:
            raise ValueError("any_encoder goes with from_export")
        if self.from_export is not None and (self.descriptor is not None or self.regions):
            raise ValueError("descriptor and regions are the export's; leave them out")
        return self


class CollectionChanges(Input):
    """What of a collection is to change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "summers", "keep_alias": True, "description": "Since 2009"}
        }
    )

    name: CollectionName | None = Field(None, description="Its new name.")
    keep_alias: bool = Field(
        False,
        description="With `name`: whether the old name goes on naming it, until it is deleted.",
    )
    description: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.name is None and self.description is None:
            raise ValueError("give a name, a description or both")
        if self.name is None and self.keep_alias:
            raise ValueError("keep_alias goes with name")
        return self


class Collection(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "holidays",
                "aliases": ["summers"],
                "description": "All summers since 2009",
                "count": 4711,
                "bytes": 9648128,
                "created_at": "2026-05-02T10:00:00Z",
                "encoder": "vgg16:imagenet-4a1ffb70:stretch224:rmac:512:v1",
                "descriptor": {"pooling": "rmac", "weights": "imagenet-4a1ffb70"},
                "index": {"type": "HNSW", "params": {"M": 16, "efConstruction": 200}},
                "regions": False,
                "state": "loaded",
            }
        }
    )

    name: str
    aliases: Sequence[str] = Field(description="Former names that name it, too.")
    description: str
    count: int = Field(description="Images in it.")
    bytes: int = Field(
        description="Size of their vectors: 512 float32 an image, and as much for each region."
    )
    created_at: datetime
    encoder: str = Field(description="Fingerprint of the encoder that its vectors come from.")
    descriptor: Descriptor
    index: Index
    regions: bool = Field(description="Whether it has vectors of the parts of its pictures.")
    state: Literal["loaded", "loading", "not_loaded"] = Field(
        description="Whether Milvus has it in memory, ready to search."
    )

    @classmethod
    def of(cls, info: CollectionInfo, aliases: Sequence[str] = ()) -> Self:
        vectors = 1 + len(REGIONS) if info.regions else 1
        return cls(
            name=info.name,
            aliases=aliases,
            description=info.description,
            count=info.count,
            bytes=info.count * vectors * DIMENSION * _FLOAT32_BYTES,
            created_at=moment(info.created_at),
            encoder=info.fingerprint,
            descriptor=Descriptor(pooling=info.pooling, weights=info.weights),
            index=Index(type=info.index.type, params=dict(info.index.params)),
            regions=info.regions,
            state=info.state,
        )


class CollectionList(Page[Collection]):
    """Collections, by name."""
