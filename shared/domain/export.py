"""What an export of a collection is: files, and a manifest that names each with its hash."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import DIMENSION, Pooling

#: The layout of exports that this version writes and reads.
VERSION = 1
#: What an export's folder may be called: a job's id, or whatever an operator calls a copied one.
EXPORT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"
#: No part has a name that could lead elsewhere.
PART_PATTERN = (
    r"^(images|regions)-[0-9]{5,9}-[0-9]{1,9}\.parquet$|^uploads-[0-9]{5,9}-[0-9]{1,9}\.tar$"
)
MANIFEST = "manifest.json"

PartKind = Literal["images", "regions", "uploads"]


class ExportPart(Frozen):
    """One file. `rows` are images, regions, or the pictures in an archive of uploads."""

    name: Annotated[str, Field(pattern=PART_PATTERN)]
    kind: PartKind
    rows: int
    bytes: int
    sha256: str


class ExportManifest(Frozen):
    """What an export holds. Times in Unix seconds.

    `regions` is the layout of the regions (`shared.domain.regions`), None where there are none.
    With `with_uploads` it has the files of uploaded and fetched pictures, too.
    """

    format: Literal["lookalike-export"] = "lookalike-export"
    version: int = VERSION
    collection: str
    generation: str
    description: str
    fingerprint: str
    weights: str
    pooling: Pooling
    dimension: int = DIMENSION
    index: IndexSpec
    regions: str | None
    with_uploads: bool
    created_at: float
    finished_at: float
    parts: tuple[ExportPart, ...]

    def rows(self, kind: PartKind) -> int:
        """How many rows the parts of a kind have."""
        return sum(part.rows for part in self.parts if part.kind == kind)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)


class ExportStep(Frozen):
    """What one step of an export wrote, after those before it: it goes on behind `last`.

    `images` were written in all; `stage` is what comes next. Where all is written, `finished_at`
    says when that was.
    """

    parts: tuple[ExportPart, ...]
    images: int
    stage: Literal["images", "regions", "end"]
    last: str = ""
    finished_at: float = 0.0
