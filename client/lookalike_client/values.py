"""What calls take and give that is no model of the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel

from lookalike_client.models import Failure, Job

#: A picture to send: a file, its bytes, or its name and bytes.
FileInput: TypeAlias = Path | bytes | tuple[str, bytes]
#: What the API takes as JSON in a text, such as a filter: a model, a mapping, or that text.
JsonText: TypeAlias = BaseModel | Mapping[str, Any] | str


@dataclass(frozen=True)
class Picture:
    """A picture's or another file's bytes, and what the server says of them."""

    content: bytes
    media_type: str
    etag: str | None = None


@dataclass(frozen=True)
class JobEvent:
    """One event of a job: `job` is there with `progress` and `end`, `failure` with `failure`.

    A stream over all jobs gives `reset`, with neither, where it has lost some: list the jobs then.
    """

    event: str
    id: str | None
    job: Job | None = None
    failure: Failure | None = None
