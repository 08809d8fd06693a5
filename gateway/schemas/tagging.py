"""Changes of many images' tags over HTTP."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.schemas.fields import ImageId, Input, Tags, check_apart
from gateway.schemas.queries import EXAMPLE_FILTER
from shared.domain.filter import Filter

MAX_IDS = 1000


class TagsUpdate(Input):
    """Tags to add to many images, and to remove: of a filter, or of these ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"filter": EXAMPLE_FILTER, "add": ["holiday"], "remove": ["new"]}
        }
    )

    filter: Filter | None = None
    ids: Annotated[list[ImageId], Field(min_length=1, max_length=MAX_IDS)] | None = None
    add: Tags = Field([], description="Tags that each image has afterwards.")
    remove: Tags = Field([], description="Tags that none of the images has afterwards.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.filter is None) == (self.ids is None):
            raise ValueError("give either filter or ids")
        if not self.add and not self.remove:
            raise ValueError("give tags to add or to remove; both lists are empty")
        check_apart(self.add, self.remove)
        return self


class TagsChanged(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"changed": 1000, "remaining": 200, "missing": []}}
    )

    changed: int = Field(description="Images whose tags are other ones now.")
    remaining: int = Field(
        description="Images that are still to change, as one call changes some thousands at most: "
        "repeat it until this is 0."
    )
    missing: list[str] = Field(description="Those of the ids that the collection does not have.")
