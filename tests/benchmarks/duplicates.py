"""How many planted copies the job finds, which groups are wrong, and what it costs.

Originals are the half of the photos that the curves of match were not fitted on; the other half
and drawn pictures are strangers. Some copies are edited lightly, others as those of bench-match.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageEnhance, ImageOps

from encoder_worker.encode.edits import EDITS, edited
from encoder_worker.encode.match_pairs import is_for_fitting
from shared.files.uris import file_path
from shared.redis import connect
from shared.settings import Settings
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
    """Load `rows` pictures, planted copies among them, and find the duplicates."""
    report = Report(f"Duplicates among {rows:,} pictures", context)
    folder = stack.image_root / "duplicates"
    planted = plant(folder, rows)
    loaded = stack.wait_job(stack.load(_COLLECTION, folder)["id"], seconds=7200)
    assert loaded["indexed"] == rows, loaded
    url = f"/api/v2/collections/{_COLLECTION}/duplicates"
    with (
        MemoryWatch(stack.processes["indexer"].pid) as indexer,
        MemoryWatch(stack.processes["milvus"].pid) as milvus,
    ):
        started = time.perf_counter()
        job = stack.client.post(url).raise_for_status().json()
        ended = stack.wait_job(job["id"], seconds=7200)
        seconds = time.perf_counter() - started
    assert ended["status"] == "done", ended
    report.add("the job", [seconds / 60], "min")
    report.add("the job", [rows / seconds], "pictures/s")
    indexer.report(report, "the indexer's memory")
    milvus.report(report, "milvus-lite's memory")
    report.add("the ledger's memory for the groups", [_ledger_kib(stack)], "KiB")
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
    return report


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
