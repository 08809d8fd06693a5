"""What regions gain and cost: searches by a detail, by an edited copy; loads, rows, time.

The same photos are loaded into a collection without regions and into one with them, and both are
asked the same, over HTTP.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from encoder_worker.encode.edits import EDITS, detail_of, edited
from shared.domain.regions import REGIONS
from shared.files.uris import file_path
from tests.benchmarks import corpus
from tests.benchmarks.jobs import load
from tests.benchmarks.report import Report
from tests.stack import Stack

_WHOLE, _PARTS = "without regions", "with regions"
_COLLECTIONS = {_WHOLE: "whole", _PARTS: "parts"}
_CROPS_OF_EACH = 2
#: Every n-th photo is edited in every way, as in bench-quality.
_EDITED_STEP = 12
_HITS = 10
_SMALL, _LARGE = 0.15, 0.20


class Query(NamedTuple):
    """A file to search by, the photo that it was made of by name, and its share of the area."""

    content: bytes
    photo: str
    area: float = 1.0


class Answer(NamedTuple):
    """Where the photo stands among the hits, from 0, or that it does not; and the search's time.

    `stranger` is the best match of another photo.
    """

    rank: int | None
    stranger: float
    milliseconds: float


def measure(stack: Stack, *, count: int, context: dict[str, str]) -> Report:
    """Load `count` photos twice, and search by details and by edited copies of them."""
    report = Report(f"Regions: {count:,} {corpus.source_of_photos()}", context)
    folder = stack.image_root / "regions"
    photos = corpus.photos(folder, count)
    for name, collection in _COLLECTIONS.items():
        body = {"name": collection, "regions": name == _PARTS}
        stack.client.post("/api/v2/collections", json=body).raise_for_status()
        _, seconds = load(stack, collection, folder, expected={"indexed": count})
        reference = f"load {_WHOLE}" if name == _PARTS else None
        report.add(f"load {name}", [count / seconds], "images/s", reference)
        report.add(f"vectors {name}", [count * (1 + len(REGIONS) * (name == _PARTS))], "rows")
    details = [detail(photo, number) for photo in photos for number in range(_CROPS_OF_EACH)]
    kinds = {
        "details": details,
        f"details of less than {_SMALL:.0%}": [q for q in details if q.area < _SMALL],
        f"details of more than {_LARGE:.0%}": [q for q in details if q.area > _LARGE],
        "edited copies": _copies(photos),
    }
    for name, collection in _COLLECTIONS.items():
        known = {query: _ask(stack, collection, query) for kind in kinds.values() for query in kind}
        for kind, queries in kinds.items():
            _add(report, f"{kind}, {name}", [known[query] for query in queries])
    return report


def detail(photo: Path, number: int) -> Query:
    """A crop of 10 to 25 % of a photo's area, anywhere in it, the same for every call."""
    seed = hashlib.sha256(photo.read_bytes()).hexdigest()
    content, area = detail_of(_upright(photo), f"{seed} {number}")
    return Query(content, _name(photo), area)


def _copies(photos: Sequence[Path]) -> list[Query]:
    return [
        Query(edited(_upright(photo), edit, photo.name), _name(photo))
        for photo in photos[::_EDITED_STEP]
        for edit in EDITS
    ]


def _ask(stack: Stack, collection: str, query: Query) -> Answer:
    reply = stack.search(collection, query.content, top_k=_HITS)
    names = [_name(file_path(hit["uri"])) for hit in reply["hits"]]
    others = [
        hit["match"] or 0.0 for hit in reply["hits"] if _name(file_path(hit["uri"])) != query.photo
    ]
    rank = names.index(query.photo) if query.photo in names else None
    return Answer(rank, max(others, default=0.0), reply["took_ms"]["search"])


def _add(report: Report, name: str, answers: Sequence[Answer]) -> None:
    if not answers:
        return
    firsts = [answer.rank == 0 for answer in answers]
    found = [answer.rank is not None for answer in answers]
    strangers = [answer.stranger >= 0.5 for answer in answers]
    report.add(f"{name}: R@1", [float(np.mean(firsts))], "share")
    report.add(f"{name}: R@{_HITS}", [float(np.mean(found))], "share")
    report.add(f"{name}: strangers at match ≥ .5", [float(np.mean(strangers))], "share")
    report.add(f"{name}: search", [answer.milliseconds for answer in answers], "ms")


def _upright(photo: Path) -> Image.Image:
    with Image.open(photo) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
