"""Pictures of all formats: each is indexed, or is a failure with its reason."""

import shutil
from pathlib import Path

from tests.stack import Stack


def put(stack: Stack, source: Path) -> Path:
    target = stack.image_root / source.name
    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def test_pngsuite_is_indexed_but_for_its_corrupt_files(stack: Stack, real_pictures: Path) -> None:
    folder = put(stack, real_pictures / "pngsuite")
    files = sorted(path.name for path in folder.glob("*.png"))
    corrupt = {name for name in files if name.startswith("x")}
    assert (len(files), len(corrupt)) == (175, 14)

    job = stack.wait_job(stack.load("pngsuite", folder)["id"])
    failures = stack.failures(job["id"])

    assert job["status"] == "done"
    assert job["total"] == 175
    # The only fault of xcsn0g01 is a checksum, which a decoder may forgive.
    failed = {failure["uri"].rpartition("/")[2] for failure in failures}
    assert failed | {"xcsn0g01.png"} == corrupt
    assert job["failed"] == len(failures)
    assert job["indexed"] == 175 - len(failures)
    for failure in failures:
        assert failure["code"] in {"corrupt", "truncated", "unsupported_format"}
        assert failure["reason"].endswith(".")


def test_orientation_is_honoured(stack: Stack, real_pictures: Path) -> None:
    folder = put(stack, real_pictures / "exif-orientation")
    job = stack.wait_job(stack.load("orientation", folder)["id"])
    assert job["indexed"] == 18

    image = (folder / "Landscape_1.jpg").read_bytes()
    hits = stack.search("orientation", image, top_k=18)["hits"]

    names = [hit["uri"].rpartition("/")[2] for hit in hits]
    assert {name.partition("_")[0] for name in names[:9]} == {"Landscape"}
    assert {name.partition("_")[0] for name in names[9:]} == {"Portrait"}
    shapes = {(hit["width"] > hit["height"]) for hit in hits[:9]}
    assert shapes == {True}
