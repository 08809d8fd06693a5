"""The row of a picture."""

import numpy as np

from encoder_worker.chunks.reading import FileContent
from encoder_worker.chunks.rows import moved_row, new_row, relabelled, touched_row
from encoder_worker.decode.pixel_hash import pixel_hash
from shared.domain.chunk import FileRef
from shared.domain.facts import Facts
from shared.domain.image import MAX_GIVEN_METADATA_BYTES
from shared.domain.job import JobSpec, UploadSource
from shared.pictures.square import Picture


def test_metadata_in_any_script_leaves_room_for_the_name() -> None:
    given = {"text": "\u6f22" * ((MAX_GIVEN_METADATA_BYTES - 12) // 3)}
    ref = FileRef(uri="upload://a.jpg", size=1, mtime_ns=1, name="\u6d77" * 255)
    spec = JobSpec(
        id="j", collection="c", source=UploadSource(files=1), metadata=given, created_at=0.0
    )
    content = FileContent(ref=ref, data=b"x", sha256="0" * 64)
    picture = Picture(pixels=np.zeros((224, 224, 3), np.uint8), width=1, height=1, format="jpeg")

    row = new_row(content, picture, spec, None)

    assert row.metadata == {**given, "filename": ref.name}


def test_facts_and_the_hash_go_with_the_content() -> None:
    """From the decoded picture, or from a row of the same content; never from a replaced one."""
    spec = JobSpec(id="j", collection="c", source=UploadSource(files=1), created_at=0.0)
    ref = FileRef(uri="upload://a.jpg", size=1, mtime_ns=1)
    content = FileContent(ref=ref, data=b"x", sha256="0" * 64)
    pixels = np.zeros((224, 224, 3), np.uint8)
    pixels[:, :112] = 200
    facts = Facts(taken_at=5, camera="A")

    row = new_row(content, Picture(pixels, 1, 1, "jpeg", facts), spec, None)
    other = ref.model_copy(update={"uri": "upload://b.jpg"})

    same = [
        row,
        new_row(content._replace(ref=other), row, spec, None),
        moved_row(other, spec, row),
        touched_row(ref, spec, row),
        relabelled(row, ref, spec, row),
    ]
    assert {(row.facts, row.pixel_hash) for row in same} == {(facts, pixel_hash(pixels))}
    replaced = new_row(content, Picture(~pixels, 1, 1, "jpeg"), spec, row)
    assert (replaced.facts, replaced.pixel_hash) == (Facts(), pixel_hash(~pixels))
    # A row of an earlier version has none, and what is made of it has none.
    old = row.model_copy(update={"pixel_hash": None})
    assert new_row(content._replace(ref=other), old, spec, None).pixel_hash is None
    assert touched_row(ref, spec, old).pixel_hash is None
    assert row.version != row.model_copy(update={"facts": Facts()}).version
