"""What a decoder's process may still do, tried from within it."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.decoder import network_view
from shared.errors import PictureError
from shared.sandbox.pool import DecoderPool
from tests.decoding import LIMITS
from tests.hostile_decoders import MODULE, RIGHTS


@pytest.fixture
def rights(tmp_path: Path) -> set[str]:
    """What a decoder could do to a folder, to the network and to its parent."""
    (tmp_path / "secret").write_text("secret")
    pool = DecoderPool(LIMITS, 1, MODULE)
    with pytest.raises(PictureError) as failure:
        pool.decode(RIGHTS + os.fsencode(tmp_path), network_view())
    pool.close()
    return set(failure.value.detail.split())


def test_no_file_or_socket_can_be_opened(rights: set[str]) -> None:
    assert rights.isdisjoint({"read", "connect", "pipe"})


def test_landlock_takes_the_rest_where_the_kernel_has_it(rights: set[str]) -> None:
    if not _has_landlock():
        pytest.skip("this kernel has no Landlock, or landlockpy is not installed")
    assert rights == set()


def test_the_log_says_what_confines_the_decoders() -> None:
    pool = DecoderPool(LIMITS, 1)
    with capture_logs() as logs:
        pool.start()
        pool.start()
    pool.close()
    (line,) = logs
    if _has_landlock():
        assert (line["event"], line["log_level"]) == ("decoders_confined", "info")
    else:
        assert (line["event"], line["log_level"]) == ("decoders_not_confined", "warning")
        assert "andlock" in line["reason"]


def _has_landlock() -> bool:
    if find_spec("landlockpy") is None:
        return False
    import landlockpy

    return int(landlockpy.abi_version()) >= 6
