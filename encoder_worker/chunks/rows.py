"""What a collection stores of a picture besides its vector.

Rows that are made here have all tags and metadata of the row that is stored and of the job. Each
part was within the limits when it was given, together they may exceed them (`labels_error`).
"""

import time
from typing import Any

from encoder_worker.chunks.reading import FileContent
from encoder_worker.decode.pixel_hash import pixel_hash
from shared.domain.chunk import FileRef
from shared.domain.image import MAX_METADATA_BYTES, MAX_TAGS, ImageRow
from shared.domain.job import JobSpec
from shared.domain.labels import metadata_size
from shared.errors import PictureError
from shared.pictures.square import Picture

#: The metadata key under which an upload's own name is kept.
FILENAME = "filename"
#: That under which the address is kept that a picture was fetched from.
SOURCE_URL = "source_url"


def new_row(
    content: FileContent, picture: Picture | ImageRow, spec: JobSpec, stored: ImageRow | None
) -> ImageRow:
    """The row of a picture, as it was decoded or as another row of its content describes it.

    `stored` is what it replaces. A picture whose content changed stays the same image: it keeps
    the time it was added, its tags and its metadata, to which the job's are added.
    """
    ref = content.ref
    return ImageRow(
        id=ref.id,
        uri=ref.uri,
        sha256=content.sha256,
        width=picture.width,
        height=picture.height,
        bytes=len(content.data),
        mtime_ns=ref.mtime_ns,
        format=picture.format,
        added_at=stored.added_at if stored else time.time_ns() // 1000,
        job=spec.id,
        tags=_tags(spec, stored),
        metadata=_metadata(ref, spec, stored),
        facts=picture.facts,
        pixel_hash=(
            picture.pixel_hash if isinstance(picture, ImageRow) else pixel_hash(picture.pixels)
        ),
    )


def touched_row(ref: FileRef, spec: JobSpec, stored: ImageRow) -> ImageRow:
    """The row of a picture whose content did not change: its time, tags and metadata may."""
    return relabelled(stored, ref, spec, stored).model_copy(update={"mtime_ns": ref.mtime_ns})


def moved_row(ref: FileRef, spec: JobSpec, source: ImageRow) -> ImageRow:
    """The row of a picture whose file has another uri now."""
    return touched_row(ref, spec, source).model_copy(update={"id": ref.id, "uri": ref.uri})


def relabelled(row: ImageRow, ref: FileRef, spec: JobSpec, stored: ImageRow | None) -> ImageRow:
    """A row with the labels, and the time it was added, of the row that is stored by now."""
    return row.model_copy(
        update={
            "tags": _tags(spec, stored),
            "metadata": _metadata(ref, spec, stored),
            "added_at": stored.added_at if stored else time.time_ns() // 1000,
        }
    )


def labels_error(row: ImageRow) -> PictureError | None:
    """Why a collection cannot hold a row's tags and metadata; None where it can."""
    if (tags := len(row.tags)) > MAX_TAGS:
        what = f"{tags} tags; {MAX_TAGS} are allowed."
    elif (size := metadata_size(row.metadata)) > MAX_METADATA_BYTES:
        what = f"{size:,} bytes of metadata; {MAX_METADATA_BYTES:,} are allowed."
    else:
        return None
    detail = f"With what this load adds, the image would have {what} It stays as it was."
    return PictureError("labels_too_large", detail)


def _tags(spec: JobSpec, stored: ImageRow | None) -> tuple[str, ...]:
    united = dict.fromkeys((*(stored.tags if stored else ()), *spec.tags))
    return tuple(united)


def _metadata(ref: FileRef, spec: JobSpec, stored: ImageRow | None) -> dict[str, Any]:
    own = {FILENAME: ref.name, SOURCE_URL: ref.source_url}
    named = {name: value for name, value in own.items() if value}
    before = stored.metadata if stored else {}
    return {**before, **spec.metadata, **named}
