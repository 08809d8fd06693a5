"""Every setting of Lookalike, in one frozen class read from `LOOKALIKE_*`."""

import functools
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.domain.collection import COLLECTION_PATTERN, IndexParameter, IndexType
from shared.domain.fingerprint import Pooling
from shared.secret_files import SecretFiles
from shared.setting_types import PREFIX, CommaList, PathList, ResolvedPath, SecretList, renamed
from shared.source_settings import SourceSettings

WeightsInput = Literal["oxford", "torchvision"]


class Settings(SourceSettings):
    """The settings; `data_dir` is read from the variable `LOOKALIKE_DATA_DIR`.

    A variable that is set but empty counts as unset. What holds a secret may come from a file
    instead (`LOOKALIKE_…_FILE`).
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    # Paths and addresses
    image_roots: PathList = Field(
        (), description="Folders that loads may read, separated by the system's path separator."
    )
    data_dir: ResolvedPath = Field(
        Path("var"), description="Directory of uploads, stores, caches and locks."
    )
    host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the gateway listens on.")
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"), description="Redis or Valkey: broker and ledger."
    )
    redis_password: SecretStr = Field(
        SecretStr(""), description="Redis's password, where the URL holds none."
    )
    milvus_uri: str = Field("http://127.0.0.1:19530", description="Milvus or milvus-lite server.")
    milvus_token: SecretStr = Field(SecretStr(""), description="Milvus token or `user:password`.")
    milvus_password: SecretStr = Field(
        SecretStr(""), description="Password of Milvus's user `root`, where there is no token."
    )

    # Access
    api_keys: SecretList = Field(
        (), description="Accepted API keys, comma-separated; empty means no key is asked for."
    )
    cors_origins: CommaList = Field(
        (), description="Origins allowed by CORS, comma-separated; `*` allows all."
    )
    allowed_hosts: CommaList = Field(
        (),
        description="Names that requests may carry as `Host` beside localhost, addresses and "
        "PUBLIC_URL's, comma-separated; `*.example.com` for all below, `*` for any.",
    )
    trusted_proxies: CommaList = Field(
        ("127.0.0.1",),
        description="Addresses or networks of proxies whose `X-Forwarded-*` are believed; "
        "`*` trusts all.",
    )
    public_url: str = Field(
        "", description="Base of absolute URLs in replies; empty takes it from each request."
    )

    # Limits
    max_upload_mb: int = Field(64, ge=1, description="Largest request body, in MiB.")
    max_pixels: int = Field(
        100_000_000, ge=1, description="Largest picture, in pixels, checked before decoding."
    )
    max_file_mb: int = Field(512, ge=1, description="Largest file that a load reads, in MiB.")
    keep_gps: bool = Field(
        True, description="Whether a load keeps where pictures were taken, by their EXIF data."
    )
    decode_seconds: float = Field(10, gt=0, description="Processor seconds to decode a picture in.")
    queue_limit: int = Field(1000, ge=1, description="Unfinished jobs before 429.")
    query_queue_limit: int = Field(256, ge=1, description="Waiting queries before 429.")
    query_queue_mb: int = Field(
        256, ge=1, description="Pictures of waiting queries, in MiB, before 429."
    )
    query_timeout_seconds: float = Field(
        30.0, gt=0, description="How long a search waits for its vector before 504."
    )
    wait_timeout_seconds: float = Field(
        60.0, gt=0, description="How long an upload with wait=true waits before it answers 202."
    )

    # Loads
    default_collection: str = Field(
        "milvus",
        pattern=COLLECTION_PATTERN,
        description="Collection of the v1 calls without Table.",
    )
    chunk_size: int = Field(32, ge=1, le=1000, description="Files in one Celery message.")
    pending_seconds: float = Field(
        30.0, gt=0, description="Seconds of the encoders' work that a scan keeps ahead of them."
    )
    min_pending_chunks: int = Field(
        16, ge=1, description="Chunks of one job that may wait, however slow the encoders are."
    )
    max_pending_chunks: int = Field(
        4096,
        ge=1,
        validation_alias=renamed("max_pending_chunks", "chunks_ahead"),
        description="Chunks of one job that may wait, however fast the encoders are.",
    )
    max_concurrent_scans: int = Field(
        16,
        ge=1,
        validation_alias=renamed("max_concurrent_scans", "scan_threads"),
        description="Loads that one indexer scans at once.",
    )
    chunk_attempts: int = Field(
        10, ge=2, description="Times a chunk may lose its worker before its files are failures."
    )
    lease_seconds: float = Field(
        10.0, ge=1, description="Seconds without a heartbeat after which a process counts as dead."
    )
    job_retention_days: float = Field(
        30.0, gt=0, description="How long the ledger keeps a finished job."
    )

    # Encoder
    weights: str = Field(
        "imagenet", description="`imagenet` (bundled), a .safetensors or .pth file, or `untrained`."
    )
    weights_input: WeightsInput | None = Field(
        None,
        description="How a weight file that does not say it wants its pixels: `oxford` (mean-free, "
        "as Keras's) or `torchvision` (divided by the deviation too).",
    )
    pooling: Pooling = Field("rmac", description="Descriptor of collections created by default.")
    device: str = Field("auto", description="`auto`, `cpu`, `cuda` or `cuda:N`.")
    runtime: Literal["auto", "torch", "openvino", "cuda"] = Field(
        "auto", description="`auto` takes CUDA where there is a GPU, else OpenVINO."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = Field(
        "auto", description="`auto` takes the fastest that keeps quality; `int8` is for CPUs."
    )
    encode_threads: int = Field(
        3, ge=1, description="Chunks one encoder works on at once, so that their stages overlap."
    )
    query_threads: int = Field(
        16, ge=1, description="Searches one query encoder works on at once, sharing passes."
    )
    decode_threads: int = Field(
        0, ge=0, description="Decoding threads; 0 takes the cores, or the container's share."
    )
    batch_size: int = Field(0, ge=0, description="Images in one forward pass; 0 chooses.")
    lock_dir: Path | None = Field(
        None,
        description="Directory of GPU locks, shared by a host's replicas; default DATA_DIR/locks.",
    )

    # Index of new collections
    index_type: IndexType = Field("HNSW", description="Milvus index of new collections.")
    index_params: dict[str, IndexParameter] = Field(
        default_factory=dict, description="Parameters of that index, as JSON; empty takes defaults."
    )

    # Logs
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Level.")
    access_log: bool = Field(True, description="Whether each request has a line in the log.")
    log_format: Literal["json", "console"] = Field("console", description="Format of log lines.")
    otlp_endpoint: str = Field(
        "",
        description="OpenTelemetry collector that traces are sent to, `http://collector:4318`; "
        "empty sends none.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return *given, SecretFiles(settings_cls)

    @model_validator(mode="after")
    def _lease_outlives_heartbeat(self) -> Self:
        # Two lost heartbeats must not make a live worker look dead.
        if self.lease_seconds < 3 * self.heartbeat_seconds:
            raise ValueError("lease_seconds must outlive three heartbeats")
        return self

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two heartbeats of a process."""
        return min(2.0, self.lease_seconds / 4)

    @property
    def redis_address(self) -> str:
        """The URL that clients of Redis take, password included."""
        url = self.redis_url.get_secret_value()
        password = self.redis_password.get_secret_value()
        if not password:
            return url
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{parts.username or ''}:{quote(password, safe='')}@{host}"
        return parts._replace(netloc=netloc).geturl()

    @property
    def milvus_credentials(self) -> str:
        """The token for clients of Milvus."""
        password = self.milvus_password.get_secret_value()
        return self.milvus_token.get_secret_value() or (f"root:{password}" if password else "")

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def gpu_lock_dir(self) -> Path:
        return self.lock_dir or self.data_dir / "locks"

    @property
    def max_file_bytes(self) -> int:
        return self.max_file_mb * 1024 * 1024

    @property
    def query_queue_bytes(self) -> int:
        """Bytes that pictures of waiting queries may have; the largest one alone always may."""
        return max(self.query_queue_mb, self.max_upload_mb) * 1024 * 1024

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024


@functools.cache
def get_settings() -> Settings:
    """The settings of this process, read once from the environment."""
    return Settings()
