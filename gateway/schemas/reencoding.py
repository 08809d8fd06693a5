"""Re-encodings of collections over HTTP."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from gateway.schemas.collections import Descriptor, Index, IndexInput
from gateway.schemas.fields import EXAMPLE_JOB_ID, Input
from shared.domain.collection import CollectionInfo, Edition
from shared.domain.fingerprint import Pooling

_EXAMPLE_INDEX: dict[str, Any] = {"type": "HNSW", "params": {"M": 16, "efConstruction": 200}}


class ReencodingInput(Input):
    model_config = ConfigDict(json_schema_extra={"example": {"pooling": "rmac"}})

    pooling: Pooling | None = Field(None, description="Default: the one that it has.")
    index: IndexInput | None = Field(None, description="Default: the one that it has.")
    allow_missing: bool = Field(
        False,
        description="Go on without the images that cannot be encoded any more: they are not in the "
        "collection afterwards.",
    )


class Reencoding(BaseModel):
    """The vectors beside those that are searched."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "state": "unfinished",
                "job": EXAMPLE_JOB_ID,
                "encoder": "vgg16:imagenet-4a1ffb70:stretch224:rmac:512:v1",
                "descriptor": {"pooling": "rmac", "weights": "imagenet-4a1ffb70"},
                "index": _EXAMPLE_INDEX,
            }
        }
    )

    state: Literal["unfinished", "kept"] = Field(
        description="`unfinished`: they are made, or were until the job ended early. `kept`: they "
        "are those that were searched before the re-encoding."
    )
    job: str = Field(description="The job that makes them, or replaced them.")
    encoder: str = Field(description="Their fingerprint.")
    descriptor: Descriptor
    index: Index

    @classmethod
    def of(cls, info: CollectionInfo, edition: Edition) -> Self:
        return cls(
            state="unfinished" if info.next is not None else "kept",
            job=edition.job,
            encoder=edition.fingerprint,
            descriptor=Descriptor(pooling=edition.pooling, weights=info.weights),
            index=Index(type=edition.index.type, params=dict(edition.index.params)),
        )
