"""The settings of sources, a part of `shared.settings.Settings` only for its length."""

from pydantic import Field
from pydantic_settings import BaseSettings

from shared.setting_types import NetworkList


class SourceSettings(BaseSettings):
    """What loads may read beside folders, and how much of it."""

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
