"""A collection to export, and all that is in one."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.domain.collection import CollectionIdentity, IndexSpec
from shared.domain.job import ExportSource, ImportSource, Job
from shared.domain.regions import REGIONS
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.store import Collections, PictureRegions, Regions, RowCopies
from tests.integration.indexer.loads import WEIGHTS, Loads
from tests.integration.shared.store.samples import make_row, make_vectors

ROWS = 45
WITH_REGIONS = 10
UPLOADED = b"a picture that was uploaded"


def everything(loads: Loads, target: CollectionIdentity) -> tuple[Any, Any]:
    """All rows and regions of a collection, vectors as bits."""
    copies = RowCopies(loads.milvus)

    def read(after: Any) -> Iterator[dict[str, Any]]:
        last = ""
        while rows := after(target, last):
            last = rows[-1]["id"]
            yield from ({**row, "vector": row["vector"].tobytes()} for row in rows)

    images = list(read(copies.images_after))
    return images, list(read(copies.regions_after)) if target.regions else []


@contextmanager
def like_it(collections: Collections, description: str = "") -> Iterator[CollectionIdentity]:
    """An empty collection with regions."""
    name = f"copy_{uuid.uuid4().hex[:12]}"
    flat = IndexSpec(type="FLAT")
    collections.create(
        name, description=description, weights=WEIGHTS, pooling="gem", index=flat, regions=True
    )
    yield collections.identity(name)
    collections.drop(name)


def fill(loads: Loads, target: CollectionIdentity) -> None:
    """Put rows with regions, labels and an upload into it, of more than one part."""
    name = target.name
    uri = upload_uri(hashlib.sha256(UPLOADED).hexdigest(), "jpg")
    path = upload_path(uri, name, loads.settings)
    path.parent.mkdir(parents=True)
    path.write_bytes(UPLOADED)
    rows = [make_row(number) for number in range(ROWS)]
    stored = {"id": hashlib.sha256(uri.encode()).hexdigest()[:32], "uri": uri}
    rows[7] = rows[7].model_copy(
        update={**stored, "mtime_ns": path.stat().st_mtime_ns, "tags": ("\u00fc",)}
    )
    loads.writer.upsert(name, rows, make_vectors(ROWS))
    parts = make_vectors(WITH_REGIONS * len(REGIONS), 1).reshape(WITH_REGIONS, len(REGIONS), -1)
    pictures = [PictureRegions(r.id, r.sha256, v) for r, v in zip(rows, parts, strict=False)]
    Regions(loads.milvus).write(name, target.generation, pictures)


def run(loads: Loads, source: ExportSource | ImportSource, target: CollectionIdentity) -> Job:
    job = loads.job(source=source, collection=target.name, generation=target.generation)
    return loads.finish(job, loads.indexer())
