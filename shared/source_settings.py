"""The settings of sources, a part of `shared.settings.Settings` only for its length."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from shared.domain.bucket import parse
from shared.setting_types import CommaList, NetworkList, ResolvedPath


def _are_buckets(roots: tuple[str, ...]) -> tuple[str, ...]:
    for root in roots:
        parse(root)
    return roots


class SourceSettings(BaseSettings):
    """What loads may read beside folders, and how much of it."""

    # Buckets
    bucket_roots: Annotated[CommaList, AfterValidator(_are_buckets)] = Field(
        (),
        description="Buckets, or prefixes in them, that loads may read, comma-separated: "
        "`s3://photos/2020`, `gs://…`, `az://…`.",
    )
    s3_endpoint: str = Field(
        "", description="Address of an S3 server that is not Amazon's: MinIO, SeaweedFS, R2."
    )
    s3_region: str = Field("", description="Region of the buckets on S3.")
    s3_access_key_id: SecretStr = Field(
        SecretStr(""),
        description="Key for S3; without one, what AWS's own variables or the machine's role say.",
    )
    s3_secret_access_key: SecretStr = Field(SecretStr(""), description="The secret of that key.")
    s3_session_token: SecretStr = Field(
        SecretStr(""), description="Session token, where that key is a temporary one."
    )
    s3_anonymous: bool = Field(
        False, description="Whether buckets on S3 are public, and requests are not signed."
    )
    gs_service_account_key: SecretStr = Field(
        SecretStr(""),
        description="Service account for GCS, as JSON; without one, Google's own variables or the "
        "machine's account.",
    )
    azure_account: str = Field("", description="Account name of the containers on Azure.")
    azure_account_key: SecretStr = Field(
        SecretStr(""),
        description="Key of that account; without one, Azure's own variables or the machine's "
        "identity.",
    )

    # Exports
    exports_dir: ResolvedPath | None = Field(
        None,
        description="Directory of exports, which gateway and indexers share; default "
        "DATA_DIR/exports.",
    )

    # Archives
    archive_max_members: int = Field(
        200_000, ge=1, description="Members of an archive that a load takes."
    )
    archive_max_mb: int = Field(
        102_400, ge=1, description="Size of an archive unpacked that a load takes, in MiB."
    )
    archive_max_ratio: int = Field(
        200, ge=1, description="How many times larger an archive, or a member, may be unpacked."
    )
    archive_nesting: int = Field(
        2, ge=0, le=8, description="How deep archives within archives are opened; 0 opens none."
    )
    archive_inner_mb: int = Field(
        128,
        ge=1,
        description="Size of an archive in a zip or a compressed tar that is opened, in MiB: it is "
        "copied to a file in `TMPDIR` while it is read.",
    )
    archive_reach_mb: int = Field(
        1024,
        ge=1,
        description="How far into a compressed tar the gateway reads for one picture, in MiB.",
    )

    # Addresses
    fetch_allow: NetworkList = Field(
        (),
        description="Networks from which pictures are fetched though they are not on the public "
        "internet, comma-separated: `10.1.0.0/16`.",
    )
    fetch_timeout_seconds: float = Field(
        60.0, gt=0, description="Seconds to fetch one picture from its address in."
    )
    fetch_concurrency: int = Field(
        16, ge=1, le=256, description="Pictures that one load fetches at once."
    )
    fetch_per_host: int = Field(
        4, ge=1, description="Pictures that one process fetches from one host at once."
    )
    fetch_honour_noai: bool = Field(
        True,
        description="Whether pictures are left out that are served with `X-Robots-Tag: noai` or "
        "`noimageai`.",
    )
