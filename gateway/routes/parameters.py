"""Path and query parameters that several routes take."""

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from gateway.dependencies import AccessDep, AliasesDep
from gateway.http.access import OF_ALIAS
from gateway.schemas.fields import (
    BLANK_IS_NONE,
    EXAMPLE_ID,
    EXAMPLE_JOB_ID,
    CollectionName,
    ImageId,
    JobId,
)

#: The name in the path as it is.
NamePath = Annotated[
    CollectionName, Path(description="A collection's name.", examples=["holidays"])
]


async def _collection(collection: NamePath, aliases: AliasesDep, access: AccessDep) -> str:
    found = await aliases.resolve(collection)
    if found != collection:
        # A key needs the permission for the name in the path, and for the collection's own.
        access.require(found, called=OF_ALIAS)
    return found


#: The collection that the path names, by its name or an alias.
CollectionPath = Annotated[str, Depends(_collection)]


async def _as_given(collection: NamePath, _: CollectionPath) -> str:
    return collection


#: The name in the path as it is, where the key has the permission for what it stands for, too.
GivenPath = Annotated[str, Depends(_as_given)]
ImagePath = Annotated[ImageId, Path(description="An image's id.", examples=[EXAMPLE_ID])]
JobPath = Annotated[JobId, Path(description="A job's id.", examples=[EXAMPLE_JOB_ID])]
Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[
    Annotated[str, Field(max_length=2000)] | None,
    BLANK_IS_NONE,
    Query(description="`next_cursor` of the page before."),
]
