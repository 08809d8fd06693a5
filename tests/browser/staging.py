"""The collections that screenshots show, made of clothing photos."""

import shutil
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.conftest import find_duplicates
from tests.stack import Stack

COLLECTION = "clothing"
COPIES = "archive"
DETAILS = "details"
CROP = "0.16,0.14,0.68,0.72"


def copy(source: Path, target: Path, count: int) -> None:
    """Copy the first pictures of a folder into a new one."""
    target.mkdir(parents=True)
    for index, path in enumerate(sorted(source.glob("*.jpg"))[:count], 1):
        shutil.copyfile(path, target / f"{target.name}-{index:03}.jpg")


def telling_image(stack: Stack) -> str:
    """The image whose likes, and those of whose middle, are most often of its own kind."""

    def of_its_kind(image: dict[str, Any], hits: list[dict[str, Any]]) -> int:
        return sum(hit["tags"] == image["tags"] for hit in hits)

    def alike(image: dict[str, Any]) -> int:
        url = f"/api/v2/collections/{COLLECTION}/images/{image['id']}/similar"
        return of_its_kind(image, stack.client.get(url, params={"top_k": 12}).json()["hits"])

    def middle_alike(image: dict[str, Any]) -> int:
        content = stack.client.get(image["content_url"]).content
        return of_its_kind(image, stack.search(COLLECTION, content, crop=CROP, top_k=12)["hits"])

    images = sorted(stack.images(COLLECTION), key=lambda image: image["uri"])
    best = sorted(images, key=alike, reverse=True)[:30]
    found: str = max(best, key=lambda image: alike(image) + 2 * middle_alike(image))["id"]
    return found


def plant_copies(stack: Stack, data: Path) -> None:
    """Another collection, with copies of some of its pictures."""
    folder = stack.image_root / COPIES
    copy(data / "clothing" / "shirt", folder, 12)
    web = folder / "web"
    web.mkdir()
    for path in sorted(folder.glob("*.jpg"))[:4]:
        with Image.open(path) as picture:
            width, height = picture.size
            picture.resize((width // 2, height // 2)).save(web / f"{path.stem}-small.jpg")
            if path.stem.endswith("1"):
                picture.save(web / f"{path.stem}-mail.jpg", quality=40)
    stack.wait_job(stack.load(COPIES, folder)["id"])
    find_duplicates(stack, COPIES)


def load_regions(stack: Stack, data: Path) -> None:
    """A collection with regions, and a smaller file of one of its pictures."""
    folder = stack.image_root / DETAILS
    copy(data / "clothing" / "outwear", folder, 12)
    with Image.open(min(folder.glob("*.jpg"))) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(folder / "sent.jpg")
    body = {"name": DETAILS, "regions": True}
    stack.client.post("/api/v2/collections", json=body).raise_for_status()
    stack.wait_job(stack.load(DETAILS, folder)["id"])


def begin_load(stack: Stack, data: Path) -> None:
    """A load that lasts for as long as its pictures are taken."""
    copy(data / "clothing" / "t-shirt", stack.image_root / "t-shirt", 200)
    copy(data / "clothing" / "longsleeve", stack.image_root / "longsleeve", 200)
    stack.load(COLLECTION, stack.image_root, tags=["autumn"])
