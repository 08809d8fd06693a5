"""The base of all domain classes."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value."""

    model_config = ConfigDict(frozen=True)
