"""Values of a field with counts, over HTTP."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.facets import FacetCounts


class FacetValue(BaseModel):
    """One value, and how many images have it."""

    value: bool | int | float | str
    count: int = Field(description="Of the images that were looked at.")


class FacetList(BaseModel):
    """The values of a field, most frequent first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "field": "tags",
                "items": [{"value": "summer", "count": 42}],
                "looked_at": 1204,
                "complete": True,
            }
        }
    )

    field: str
    items: list[FacetValue]
    looked_at: int = Field(description="Images whose values were counted.")
    complete: bool = Field(
        description="Whether those are all images. Of a larger collection 20,000 are looked at, a "
        "fair sample: their ids are hashes."
    )

    @classmethod
    def of(cls, field: str, found: FacetCounts) -> Self:
        return cls(
            field=field,
            items=[FacetValue(value=value, count=images) for value, images in found.values],
            looked_at=found.looked_at,
            complete=found.complete,
        )
