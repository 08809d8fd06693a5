"""The settings of sources, a part of `shared.settings.Settings` only for its length."""

from pydantic import Field
from pydantic_settings import BaseSettings


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
