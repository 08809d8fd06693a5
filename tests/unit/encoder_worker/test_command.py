"""The command `lookalike`, run on drawn pictures with untrained weights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from encoder_worker.command import main
from shared.errors import DecoderUnavailable
from shared.sandbox.pool import DecoderPool
from tests.drawn import draw
from tests.encoders import encoded


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Logs go to stderr where the command runs by itself."""
    with capture_logs():
        yield


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two objects of UKBench: each four times the same picture, so that nothing is missed."""
    for number in range(8):
        name = f"ukbench{number:05}.png"
        (tmp_path / name).write_bytes(encoded(draw(number // 4, (64, 48)), "PNG"))
    return tmp_path


def test_each_descriptor_is_evaluated(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(pictures), "--weights", "untrained", "--at", "3", "1"]) == 0
    heads, _, *rows, empty, about = capsys.readouterr().out.splitlines()
    assert heads == "| descriptor | P@1 | P@3 | mAP | N-S |"
    names = ("avg", "max", "gem", "rmac")
    assert rows == [f"| {name} | 1.000 | 1.000 | 1.000 | 4.00 |" for name in names]
    assert not empty
    assert about.startswith("UKBench: 8 queries among 8 pictures of 2 groups; 0 left out. ")
    assert "Weights untrained-" in about


def test_what_cannot_be_read_is_named(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = pictures / "ukbench00007.png"
    broken.write_bytes(broken.read_bytes()[:200])
    assert main(["evaluate", str(pictures), "--weights", "untrained"]) == 0
    told = capsys.readouterr()
    assert "7 queries among 7 pictures of 2 groups; 1 left out" in told.out
    assert "N-S" not in told.out
    assert f"left out: {broken}: The png file ends before the picture does." in told.err


def test_pictures_are_decoded_in_processes_of_their_own(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within limits that a load has, too, and never in the process that the command runs in."""
    monkeypatch.setenv("LOOKALIKE_MAX_FILE_MB", "1")
    large = pictures / "ukbench00007.png"
    with large.open("ab") as file:
        file.truncate((1 << 20) + 1)

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("A picture was opened here.")

    monkeypatch.setattr(Image, "open", refuse)
    assert main(["evaluate", str(pictures), "--weights", "untrained"]) == 0
    told = capsys.readouterr()
    assert "7 queries among 7 pictures" in told.out
    assert f"left out: {large}: The file is larger than the limit of 1 MiB." in told.err


def test_without_a_decoder_it_is_said(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*_: object) -> None:
        raise DecoderUnavailable("decoder_unavailable", "No decoder starts here.")

    monkeypatch.setattr(DecoderPool, "start", no_process)
    assert main(["evaluate", str(pictures), "--weights", "untrained"]) == 1
    assert "lookalike: No decoder starts here." in capsys.readouterr().err


def test_mistakes_are_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "There is no picture under" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path), "--weights", "absent.safetensors"]) == 1
    assert "absent.safetensors" in capsys.readouterr().err
    for wrong in (["evaluate", str(tmp_path), "--at", "0"], ["guess"], []):
        with pytest.raises(SystemExit) as end:
            main(wrong)
        assert end.value.code == 2
