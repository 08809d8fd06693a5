"""The base of all words that processes share."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: it never changes once it is made, and says no more than its fields."""

    model_config = ConfigDict(frozen=True)
