"""What is stored with a collection: as properties, since milvus-lite drops descriptions."""

from collections.abc import Mapping
from typing import Any

from shared.domain.collection import CollectionIdentity, Edition, IndexSpec
from shared.errors import collection_not_found

_PREFIX = "lookalike."
#: In a Milvus collection that is an edition: the generation of the collection.
EDITION_OF = _PREFIX + "edition_of"


def to_milvus(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties under the names that they have in Milvus."""
    return {_PREFIX + key: value for key, value in properties.items()}


def read_properties(name: str, described: dict[str, Any]) -> dict[str, Any]:
    """The properties in Milvus's description of a collection.

    Raises NotFound `collection_not_found` for a collection that Lookalike did not create.
    """
    properties = {
        key.removeprefix(_PREFIX): value
        for key, value in described["properties"].items()
        if key.startswith(_PREFIX)
    }
    if "fingerprint" not in properties:
        raise collection_not_found(name)
    return properties


def read_identity(name: str, described: dict[str, Any]) -> CollectionIdentity:
    """As `read_properties`: what the collection's vectors are."""
    properties = read_properties(name, described)
    fields = {key: properties[key] for key in ("fingerprint", "weights", "pooling")}
    if "index" in properties:
        fields["index"] = IndexSpec.model_validate_json(properties["index"])
    return CollectionIdentity(
        name=name,
        generation=properties.get("generation", ""),
        regions="regions" in properties,
        home=properties.get("home", ""),
        next=read_edition(properties, "next"),
        **fields,
    )


def read_edition(properties: Mapping[str, Any], name: str) -> Edition | None:
    """An edition among the properties: `next`, `kept` or `dropped`. None where there is none."""
    # A server of 2.3 deletes no property: it is empty then.
    value = properties.get(name)
    return Edition.model_validate_json(value) if value else None
