"""How many planted copies the job finds, which groups are wrong, and what it costs.

Originals are the half of the photos that the curves of match were not fitted on; the other half
and drawn pictures are strangers. Some copies are edited lightly, others as those of bench-match.
Beyond 5,000 pictures there are rows without one, for what a job over so many costs.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from encoder_worker.encode.edits import EDITS, edited
from encoder_worker.encode.match_pairs import is_for_fitting
from shared.files.uris import file_path
from shared.redis import connect
from shared.settings import Settings
from shared.store import ImageWriter, MilvusConnection, Neighbours
from tests.benchmarks import corpus
from tests.benchmarks.memory import MemoryWatch
from tests.benchmarks.report import Report, timed
from tests.drawn import draw_files
from tests.stack import Stack

_COLLECTION = "planted"
#: Photos that there are; more would be the same ones under new names.
_PHOTOS = 713
_LONGEST_SIDE = 1024
_PAGE = 100
#: Pictures that are encoded; more takes long, and says nothing else of what is found.
_MOST_PICTURES = 5000
#: Further rows have the vectors of pictures, turned to a cosine between these: the nearest
#: strangers among the photos have such ones, and some are similar.
_TURNED = (0.70, 0.85)
_BATCH = 1000
#: Of the edits of bench-match, so many of each original, drawn anew.
_HEAVY = 4


def _scaled(share: float) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.resize(
        (round(picture.width * share), round(picture.height * share))
    )


def _trimmed(picture: Image.Image) -> Image.Image:
    """Without 5 % of its area, at the edges."""
    x, y = round(picture.width * 0.0127), round(picture.height * 0.0127)
    return picture.crop((x, y, picture.width - x, picture.height - y))


#: What libraries collect: pictures sent by messengers, exported again, trimmed, a little retouched.
LIGHT: dict[str, tuple[Callable[[Image.Image], Image.Image], int]] = {
    "half the size": (_scaled(0.5), 85),
    "a quarter of the size": (_scaled(0.25), 85),
    "quality 50": (lambda picture: picture, 50),
    "trimmed by 5 %": (_trimmed, 90),
    "brighter by 10 %": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.1), 90),
    "contrast by 10 %": (lambda picture: ImageEnhance.Contrast(picture).enhance(1.1), 90),
}
_COPIES = len(LIGHT) + _HEAVY
GRADES = ("identical", "copy", "similar")


class Planted(NamedTuple):
    """A copy: the picture that it was made of, by name, and how."""

    original: str
    edit: str


def measure(stack: Stack, rows: int, context: dict[str, str]) -> Report:
    """Load `rows` pictures, planted copies among them, and find the duplicates.

    Of more than 5,000 rows these are pictures; the job is run again with the others.
    """
    report = Report(f"Duplicates among {rows:,} images", context)
    folder = stack.image_root / "duplicates"
    pictures = min(rows, _MOST_PICTURES)
    planted = plant(folder, pictures)
    loaded = stack.wait_job(stack.load(_COLLECTION, folder)["id"], seconds=7200)
    assert loaded["indexed"] == pictures, loaded
    url = f"/api/v2/collections/{_COLLECTION}/duplicates"
    _run(report, stack, url, pictures)
    within: list[set[str]] = []
    for grade in GRADES:
        groups = list(_groups(stack, url, grade))
        report.add(f"{grade}: groups", [len(groups)], "groups")
        # A group that a looser tie adds nothing to is listed under its stricter grade alone.
        within += groups
        if grade != "identical":
            _judge(report, grade, groups, within, planted)
    page: dict[str, Any] = {"grade": "copy", "limit": _PAGE}
    times = [timed(lambda: stack.client.get(url, params=page)) * 1000 for _ in range(5)]
    report.add(f"a page of {_PAGE} groups", times, "ms")
    if rows > pictures:
        _add_rows(stack, rows - pictures)
        _run(report, stack, url, rows)
    return report


def _run(report: Report, stack: Stack, url: str, rows: int) -> None:
    """Run the job, and add what it costs over so many images."""
    with (
        MemoryWatch(stack.processes["indexer"].pid) as indexer,
        MemoryWatch(stack.processes["milvus"].pid) as milvus,
    ):
        started = time.perf_counter()
        job = stack.client.post(url).raise_for_status().json()
        ended = stack.wait_job(job["id"], seconds=7200)
        seconds = time.perf_counter() - started
    assert ended["status"] == "done", ended
    of = f"of {rows:,} images"
    report.add(f"the job {of}", [seconds / 60], "min")
    report.add(f"the job {of}", [rows / seconds], "images/s")
    indexer.report(report, f"the indexer's memory {of}")
    milvus.report(report, f"milvus-lite's memory {of}")
    report.add(f"the ledger's memory for the groups {of}", [_ledger_kib(stack)], "KiB")


def _add_rows(stack: Stack, count: int) -> None:
    """Write rows without pictures, whose vectors are made of those of the pictures."""
    milvus = MilvusConnection(Settings(milvus_uri=stack.milvus.uri, data_dir=stack.folder / "data"))
    neighbours, writer = Neighbours(milvus), ImageWriter(milvus)
    parts = [neighbours.vectors_after(_COLLECTION, "", _BATCH)]
    while parts[-1].ids:
        parts.append(neighbours.vectors_after(_COLLECTION, parts[-1].ids[-1], _BATCH))
    known = np.concatenate([part.vectors for part in parts[:-1]])
    dice = np.random.default_rng(0)
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        vectors = known[dice.integers(len(known), size=size)]
        aside = dice.standard_normal(vectors.shape)
        aside -= np.sum(aside * vectors, axis=1, keepdims=True) * vectors
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        cosines = dice.uniform(*_TURNED, size=(size, 1))
        turned = (cosines * vectors + np.sqrt(1 - cosines**2) * aside).astype(np.float32)
        writer.upsert(_COLLECTION, [corpus.row(0, first + n) for n in range(size)], turned)
    milvus.close()


def plant(folder: Path, rows: int) -> Mapping[str, Planted]:
    """Write `rows` pictures; returns those that are copies, by their names."""
    photos = corpus.photos(folder / "photos", min(_PHOTOS, rows // 2))
    names = {path: f"{path.parent.name}/{path.name}" for path in photos}
    left = rows - len(photos)
    planted: dict[str, Planted] = {}
    for path in (photo for photo in photos if not is_for_fitting(photo.read_bytes())):
        if left < _COPIES:
            break
        seed = hashlib.sha256(path.read_bytes()).hexdigest()
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.BILINEAR)
        heavy = random.Random(seed).sample(list(EDITS), _HEAVY)
        for edit in (*LIGHT, *heavy):
            copy = folder / "copies" / path.parent.name / f"{path.stem} {edit}.jpg"
            copy.parent.mkdir(parents=True, exist_ok=True)
            if edit in LIGHT:
                change, quality = LIGHT[edit]
                change(picture).save(copy, quality=quality)
            else:
                copy.write_bytes(edited(picture, edit, seed))
            planted[f"{copy.parent.name}/{copy.name}"] = Planted(names[path], edit)
        left -= _COPIES
    draw_files(folder / "drawn", left)
    return planted


def _groups(stack: Stack, url: str, grade: str) -> Iterator[set[str]]:
    """The names of the pictures of each group."""
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"grade": grade, "limit": _PAGE}
        params |= {"cursor": cursor} if cursor else {}
        reply = stack.client.get(url, params=params).raise_for_status().json()
        for group in reply["items"]:
            paths = (file_path(image["uri"]) for image in group["images"])
            yield {f"{path.parent.name}/{path.name}" for path in paths}
        cursor = reply["next_cursor"]
        if cursor is None:
            return


def _judge(
    report: Report,
    grade: str,
    groups: Sequence[set[str]],
    within: Sequence[set[str]],
    planted: Mapping[str, Planted],
) -> None:
    """Add which copies are in a group with their original, of this grade or a stricter one."""
    together: dict[str, set[str]] = {}
    for members in within:
        for name in members:
            together.setdefault(name, set()).update(members)
    found = {name: planted[name].original in together.get(name, ()) for name in planted}
    shares: dict[str, Counter[bool]] = {}
    for name, is_found in found.items():
        kind = "light" if planted[name].edit in LIGHT else "heavy"
        for group in ("all", kind, planted[name].edit):
            shares.setdefault(group, Counter())[is_found] += 1
    for what in ("all", "light", "heavy", *LIGHT, *EDITS):
        if what in shares:
            count = shares[what]
            share = count[True] / count.total()
            report.add(f"{grade}: planted copies found, {what}", [share], "share")
    originals = [{planted[n].original if n in planted else n for n in group} for group in groups]
    wrong = sum(len(names) > 1 for names in originals)
    report.add(f"{grade}: groups of several originals", [wrong / max(1, len(groups))], "share")


def _ledger_kib(stack: Stack) -> float:
    redis = connect(Settings.model_validate({"redis_url": stack.valkey.url}))
    keys = list(redis.scan_iter(f"lookalike:collection:{_COLLECTION}:duplicates*"))
    size = sum(redis.memory_usage(key, samples=0) or 0 for key in keys)
    redis.close()
    return float(size) / 1024
