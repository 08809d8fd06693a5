"""The generation of a collection tells it from an earlier one of the same name.

All rows are in a partition that is named after the generation, so Milvus itself refuses the writes
of whoever knows another one. Collections that an earlier version created have none (""), and their
rows are in the default partition.
"""

import re
import uuid

_DEFAULT_PARTITION = "_default"
_HOME = re.compile("r[0-9a-f]{32}")


def new_generation() -> str:
    """A generation that no collection has; partitions' names begin with a letter."""
    return f"g{uuid.uuid4().hex}"


def partition_of(generation: str) -> str:
    """The partition that the rows of a generation are in."""
    return generation or _DEFAULT_PARTITION


def regions_of(edition: str) -> str:
    """The Milvus collection that the regions of an edition's pictures are in.

    The first edition has the generation's name. No other collection has the name that is returned:
    what was meant for one that was dropped finds none.
    """
    return f"{edition}_regions"


def home_of(job_id: str) -> str:
    """The Milvus collection that a re-encoding writes to; its repeated tries find it again."""
    return f"r{job_id}"


def is_home(name: str) -> bool:
    """Whether a Milvus collection's name is that of a re-encoding."""
    return _HOME.fullmatch(name) is not None
