"""The generation of a collection tells it from an earlier one of the same name.

All rows are in a partition that is named after the generation, so Milvus itself refuses the writes
of whoever knows another one. Collections that an earlier version created have none (""), and their
rows are in the default partition.
"""

import uuid

from shared.store.client import MilvusConnection
from shared.store.properties import read_properties

_DEFAULT_PARTITION = "_default"


def new_generation() -> str:
    """A generation that no collection has; partitions' names begin with a letter."""
    return f"g{uuid.uuid4().hex}"


def partition_of(generation: str) -> str:
    """The partition that the rows of a generation are in."""
    return generation or _DEFAULT_PARTITION


def regions_of(generation: str) -> str:
    """The Milvus collection that the regions of a generation's pictures are in.

    No other collection has this name: what was meant for one that was dropped finds none.
    """
    return f"{generation}_regions"


def current_partition(milvus: MilvusConnection, collection: str) -> str:
    """The partition that the rows of a collection are in now.

    Raises NotFound `collection_not_found`.
    """
    properties = read_properties(collection, milvus.describe(collection))
    return partition_of(properties.get("generation", ""))
