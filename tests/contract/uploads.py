"""Sends uploads, and reads what is stored of them."""

import io
from typing import Any

import httpx

from shared.settings import Settings
from tests.drawn import draw


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    draw(number).save(out, "JPEG")
    return out.getvalue()


def upload(
    api: httpx.Client, collection: str, *files: tuple[str, bytes], **options: Any
) -> httpx.Response:
    return api.post(
        f"/api/v2/collections/{collection}/images",
        files=[("files", file) for file in files],
        data=options.pop("data", {}),
        params=options,
    )


def stored_files(settings: Settings) -> list[str]:
    return sorted(
        str(path.relative_to(settings.uploads_dir))
        for path in settings.uploads_dir.rglob("*")
        if path.is_file()
    )
