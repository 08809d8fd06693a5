"""Where parts of Lookalike are, and who may call it: the first settings of the one class."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from shared.setting_types import CommaList, PathList, ResolvedPath, SecretList


class AccessSettings(BaseSettings):
    """Paths, addresses and access; `Settings` has them and the rest."""

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
