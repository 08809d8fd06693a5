"""A file that crashes its decoder becomes one failure, and the rest of its chunk is indexed."""

import io
from pathlib import Path

import pytest
from PIL import PngImagePlugin

from shared.files.uris import file_uri
from tests.drawn import draw, draw_files
from tests.services import wait_until
from tests.stack import running_stack

pytestmark = pytest.mark.chaos

_PATCH = Path(__file__).parent / "poison"
MARK = "this picture is poison"


def poisoned() -> bytes:
    """A sound PNG that carries the mark in a text chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", MARK)
    buffer = io.BytesIO()
    draw(99).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_a_file_that_kills_its_decoder_stands_alone_in_the_end(tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    sound = draw_files(root, 20)
    poison = root / "poison.png"
    poison.write_bytes(poisoned())

    with running_stack(tmp_path, root, chunk_size="7") as stack:
        encoder = stack.processes["encoder1"]
        encoder.kill()
        encoder.environment["PYTHONPATH"] = str(_PATCH)
        encoder.start()
        job = stack.load("poison")
        deaths = 0

        def ended() -> dict[str, object] | None:
            nonlocal deaths
            if not encoder.running:
                # What a supervisor does.
                deaths += 1
                encoder.start()
            found = stack.job(job["id"])
            return found if found["status"] == "done" else None

        done = wait_until(ended, 180, "the end of the job")
        (failure,) = stack.failures(job["id"])

        # The decoder's process is what dies.
        assert deaths == 0
        assert (done["indexed"], done["failed"], done["total"]) == (20, 1, 21)
        assert failure["uri"] == file_uri(poison)
        assert failure["code"] == "decoder_crashed"
        assert sorted(i["uri"] for i in stack.images("poison")) == sorted(map(file_uri, sound))
