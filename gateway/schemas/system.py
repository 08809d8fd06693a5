"""The system's state over HTTP."""

from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.schemas.fields import Input, Page, moment
from shared.domain.fingerprint import Pooling
from shared.domain.worker import WorkerInfo
from shared.files.formats import EXTENSIONS, MEDIA_TYPES, Format


class Worker(BaseModel):
    """A process whose heartbeat has not expired."""

    name: str
    queue: str
    device: str
    runtime: str
    precision: str
    weights: str = Field(
        "", description="An encoder's own; it encodes no collection that has others."
    )
    images_per_second: float
    started_at: datetime
    seen_at: datetime

    @classmethod
    def of(cls, worker: WorkerInfo) -> Self:
        return cls(
            name=worker.name,
            queue=worker.queue,
            device=worker.device,
            runtime=worker.runtime,
            precision=worker.precision,
            weights=worker.weights,
            images_per_second=worker.images_per_second,
            started_at=moment(worker.started_at),
            seen_at=moment(worker.seen_at),
        )


class Limits(BaseModel):
    """What a client should know before it sends."""

    max_upload_mb: int
    max_upload_files: int
    max_pixels: int
    max_top_k: int
    max_tags: int
    queue_limit: int


class PictureFormat(BaseModel):
    """A format of pictures that can be indexed and searched with."""

    name: Format
    media_type: str
    extensions: list[str] = Field(
        description="Extensions of its files. A file's content, not its name, decides its format."
    )

    @classmethod
    def of(cls, name: Format) -> Self:
        return cls(name=name, media_type=MEDIA_TYPES[name], extensions=list(EXTENSIONS[name]))


class System(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "encoder": "vgg16:imagenet-4a1ffb70:stretch224:rmac:512:v1",
                "weights": "imagenet-4a1ffb70",
                "untrained": False,
                "pooling": "rmac",
                "default_collection": "milvus",
                "workers": [
                    {
                        "name": "query@machine",
                        "queue": "query",
                        "device": "cpu",
                        "runtime": "openvino",
                        "precision": "bfloat16",
                        "weights": "imagenet-4a1ffb70",
                        "images_per_second": 61.2,
                        "started_at": "2026-05-02T09:00:00Z",
                        "seen_at": "2026-05-02T10:00:00Z",
                    }
                ],
                "queues": {"scan": 0, "encode": 3, "query": 0},
                "jobs_active": 1,
                "image_roots": ["/photos"],
                "bucket_roots": ["s3://photos/2020"],
                "limits": {
                    "max_upload_mb": 64,
                    "max_upload_files": 1000,
                    "max_pixels": 100000000,
                    "max_top_k": 1000,
                    "max_tags": 64,
                    "queue_limit": 1000,
                },
                "formats": [
                    {
                        "name": "jpeg",
                        "media_type": "image/jpeg",
                        "extensions": ["jpg", "jpeg", "jpe", "jfif", "mpo"],
                    }
                ],
                "versions": {"lookalike": "0.1.0", "python": "3.11.2", "fastapi": "0.165.0"},
            }
        }
    )

    encoder: str | None = Field(
        description="Fingerprint of new collections; null until an encoder was seen."
    )
    weights: str | None
    untrained: bool = Field(description="Whether the weights are random, for tests only.")
    pooling: Pooling = Field(description="Pooling of new collections.")
    default_collection: str
    workers: list[Worker]
    queues: dict[str, int] = Field(description="Messages that wait, by queue.")
    jobs_active: int
    image_roots: list[str]
    bucket_roots: list[str] = Field(description="Buckets, or prefixes in them, to load from.")
    limits: Limits
    formats: list[PictureFormat] = Field(description="What is read as a picture.")
    versions: dict[str, str]


class Folder(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "2024", "path": "/photos/2024", "kind": "folder"}}
    )

    name: str
    path: str = Field(description="What a load takes as its `path`, or as the `url` of a bucket.")
    kind: Literal["folder", "file"]

    @classmethod
    def of(cls, path: Path, kind: Literal["folder", "file"]) -> Self:
        return cls(name=path.name or str(path), path=str(path), kind=kind)

    @classmethod
    def of_prefix(cls, address: str) -> Self:
        """A folder of a bucket."""
        return cls(name=address.rpartition("/")[2], path=address, kind="folder")


class FolderList(Page[Folder]):
    """Folders, and files where they are asked for, by name."""


class Check(BaseModel):
    """One part that Lookalike needs."""

    state: Literal["ok", "away"] = Field(
        description="`ok`: it answered within the last 15 seconds."
    )
    age_seconds: float | None = Field(description="Since its last answer; null before the first.")


class Readiness(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready",
                "redis": {"state": "ok", "age_seconds": 1.2},
                "milvus": {"state": "ok", "age_seconds": 1.3},
                "encoder": {"state": "ok", "age_seconds": 0.4},
            }
        }
    )

    status: Literal["ready", "not_ready"]
    redis: Check
    milvus: Check
    encoder: Check


class Liveness(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"status": "alive"}})

    status: Literal["alive"] = "alive"


class SessionInput(Input):
    model_config = ConfigDict(json_schema_extra={"example": {"api_key": "a-long-random-key"}})

    api_key: SecretStr
